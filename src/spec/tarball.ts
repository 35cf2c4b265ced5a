/**
 * Telling tar archives from other files.
 * @module
 */

const NAMES = /\.(?:tar|tar\.(?:gz|zst|xz|bz2)|tgz)$/i;

/** What files start with, or have at `offset`. */
const SIGNATURES: readonly { readonly offset: number; readonly bytes: readonly number[] }[] = [
  { offset: 257, bytes: [0x75, 0x73, 0x74, 0x61, 0x72] }, // tar: "ustar"
  { offset: 0, bytes: [0x1f, 0x8b] }, // gzip
  { offset: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] }, // zstd
  { offset: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] }, // xz
  { offset: 0, bytes: [0x42, 0x5a, 0x68] }, // bzip2: "BZh"
];

const LONGEST = 257 + 5;

/**
 * Whether a regular file's name or its first bytes say that it is a tar archive, as it is or
 * compressed by gzip, zstd, xz or bzip2. What else a compressed file may hold is not looked at.
 */
export async function isTarball(file: string): Promise<boolean> {
  if (NAMES.test(file)) return true;
  const start = await firstBytes(file, LONGEST);
  return SIGNATURES.some(({ offset, bytes }) =>
    bytes.every((byte, index) => start[offset + index] === byte)
  );
}

async function firstBytes(file: string, count: number): Promise<Uint8Array> {
  using opened = await Deno.open(file);
  const bytes = new Uint8Array(count);
  let length = 0;
  while (length < count) {
    const read = await opened.read(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
