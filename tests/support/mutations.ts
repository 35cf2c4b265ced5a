/**
 * Changes of bytes as damage and malice make them.
 * @module
 */

import fc from "fast-check";

/** A change of a file; places are parts of its length, so that they fit any. */
export type Mutation =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "set"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly at: number }
  | { readonly kind: "remove"; readonly at: number; readonly length: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number }
  | { readonly kind: "swap"; readonly at: number; readonly other: number; readonly blocks: number }
  | {
    readonly kind: "field";
    readonly at: number;
    readonly field: number;
    readonly value: Uint8Array;
  }
  | { readonly kind: "json"; readonly at: number; readonly value: string };

const BLOCK = 512;

/** Fields of a tar header (POSIX.1-2017, pax, "ustar Interchange Format"): place and width. */
const FIELDS = [
  [0, 100], // name
  [100, 8], // mode
  [108, 8], // uid
  [124, 12], // size
  [136, 12], // mtime
  [156, 1], // typeflag
  [157, 100], // linkname
  [257, 8], // magic
  [329, 8], // devmajor
  [345, 155], // prefix
] as const;

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const text = (...texts: string[]) =>
  fc.constantFrom(...texts).map((text) => new TextEncoder().encode(text));

const fieldValue = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  text(
    "",
    "77777777777\0",
    "00000000000\0",
    "-0000000001",
    "../../x",
    "/etc/passwd",
    "manifest.json",
    "index.json",
    "x",
    "g",
    "L",
    "K",
    "1",
    "2",
    "S",
    "5/",
  ),
  fc.constantFrom([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], [0xff, 0xff, 0xff], [0x80, 0xff]).map(
    (bytes) => Uint8Array.from(bytes),
  ),
);

const jsonValue = fc.constantFrom(
  "null",
  "[]",
  "{}",
  "0",
  "-1",
  "1e99",
  '""',
  '".."',
  '"x"',
  "[[]]",
  '{"__proto__":1}',
  '"\\u0000"',
  '"\\ud800"',
  "true",
);

/** Any change. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("flip"), at: place, bit: fc.nat(7) }),
  fc.record({ kind: fc.constant("set"), at: place, bytes: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ kind: fc.constant("insert"), at: place, bytes: fc.uint8Array({ maxLength: 600 }) }),
  fc.record({ kind: fc.constant("truncate"), at: place }),
  fc.record({ kind: fc.constant("remove"), at: place, length: fc.nat(1100) }),
  fc.record({ kind: fc.constant("repeat"), at: place, length: fc.nat(1100) }),
  fc.record({ kind: fc.constant("swap"), at: place, other: place, blocks: fc.nat(4) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("field"),
      at: place,
      field: fc.nat(FIELDS.length - 1),
      value: fieldValue,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("json"), at: place, value: jsonValue }),
  },
);

/** The file after a change. */
export function mutated(bytes: Uint8Array<ArrayBuffer>, change: Mutation): Uint8Array<ArrayBuffer> {
  const at = Math.floor(change.at * bytes.length);
  const copy = bytes.slice();
  switch (change.kind) {
    case "flip":
      if (at < copy.length) copy[at]! ^= 1 << change.bit;
      return copy;
    case "set":
      copy.set(change.bytes.subarray(0, copy.length - at), at);
      return copy;
    case "insert":
      return joined(bytes.subarray(0, at), change.bytes, bytes.subarray(at));
    case "truncate":
      return bytes.slice(0, at);
    case "remove":
      return joined(bytes.subarray(0, at), bytes.subarray(at + change.length));
    case "repeat":
      return joined(bytes.subarray(0, at + change.length), bytes.subarray(at));
    case "swap":
      return swapped(copy, blockAt(at), blockAt(change.other * bytes.length), change.blocks);
    case "field":
      return withField(copy, at, change.field, change.value);
    case "json":
      return withJson(copy, at, change.value);
  }
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function blockAt(at: number): number {
  return Math.floor(at / BLOCK) * BLOCK;
}

/** With some blocks exchanged by others. */
function swapped(bytes: Uint8Array<ArrayBuffer>, a: number, b: number, blocks: number) {
  const length = Math.min(blocks * BLOCK, bytes.length - a, bytes.length - b);
  const first = bytes.slice(a, a + length);
  bytes.copyWithin(a, b, b + length);
  bytes.set(first, b);
  return bytes;
}

/** With another value in a header's field, and the right checksum. */
function withField(bytes: Uint8Array<ArrayBuffer>, at: number, field: number, value: Uint8Array) {
  const headers: number[] = [];
  for (let i = 0; i + BLOCK <= bytes.length; i += BLOCK) {
    // "ustar"
    if (bytes[i + 257] === 0x75 && bytes[i + 258] === 0x73) headers.push(i);
  }
  const header = headers[Math.floor(at / bytes.length * headers.length)];
  if (header === undefined) return bytes;
  const [start, width] = FIELDS[field]!;
  bytes.fill(0, header + start, header + start + width);
  bytes.set(value.subarray(0, width), header + start);
  bytes.fill(0x20, header + 148, header + 156);
  const sum = bytes.subarray(header, header + BLOCK).reduce((sum, byte) => sum + byte, 0);
  bytes.set(new TextEncoder().encode(sum.toString(8).padStart(6, "0") + "\0 "), header + 148);
  return bytes;
}

/** With another JSON value in place of one that is as long or longer. */
function withJson(bytes: Uint8Array<ArrayBuffer>, at: number, value: string) {
  const text = new TextDecoder("latin1").decode(bytes);
  const values = [
    ...text.matchAll(/(?<=[:[,]\s*)(?:"[^"\\\0]{0,200}"|\d+|\[[^\]\0]{0,200}\]|null)/g),
  ]
    .filter(([found]) => found.length >= value.length);
  const found = values[Math.floor(at / bytes.length * values.length)];
  if (found === undefined) return bytes;
  bytes.set(new TextEncoder().encode(value.padEnd(found[0].length)), found.index);
  return bytes;
}
