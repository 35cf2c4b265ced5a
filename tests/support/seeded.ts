/** Random numbers that are the same in each run. */

/** Numbers from 0 to 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Bytes that do not compress. */
export function randomBytes(seed: number, length: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  return filled(length, () => random() * 256);
}

/** Bytes that compress a little, each block in another way; the same ones for each length. */
export function unevenBytes(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return filled(length, () => {
    state = Math.imul(state, 1103515245) + 12345;
    return (state >>> 16) & 0x3f;
  });
}

/** `Uint8Array.from({ length }, next)`, which takes 25 times as long. */
export function filled(
  length: number,
  next: (index: number) => number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = next(index);
  return bytes;
}
