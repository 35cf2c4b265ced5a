import assert from "node:assert/strict";
import fc from "fast-check";
import { compareBytes, compareCodePoints, decodeName, encodeName } from "../../src/tar/name.ts";
import { askPython } from "../support/python.ts";
import { samples, SEED, unevenStrings } from "../support/samples.ts";

/** Bytes in which the pieces of characters are not rare. */
const nameBytes = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc.string({ unit: "binary", maxLength: 2 }).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom(
      [0xc3],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f, 0x98],
      [0xf4, 0x90, 0x80, 0x80],
      [0xef, 0xbb, 0xbf],
      [0xef, 0xbf, 0xbd],
      [0x80],
      [0xff],
    ).map((bytes) => Uint8Array.from(bytes)),
  ),
  { maxLength: 6 },
).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

Deno.test("decodeName() decodes as Python with surrogateescape", async () => {
  const short = samples(nameBytes, 2000);
  // Long ones, in which characters are cut at any place.
  const long = Array.from(
    { length: 20 },
    (_, i) => Uint8Array.from(short.slice(90 * i).flatMap((bytes) => [...bytes]).slice(i)),
  );
  const names = [...short, ...long];
  const expected = await askPython<string[]>(
    "decode_names.py",
    names.map((bytes) => [...bytes]),
  );
  assert.deepEqual(names.map(decodeName), expected, `seed ${SEED}`);
});

Deno.test("encodeName() gives back the bytes of decodeName()", () => {
  fc.assert(
    fc.property(nameBytes, (bytes) => {
      assert.deepEqual(encodeName(decodeName(bytes)), bytes);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("compareCodePoints() orders as arrays of code points do", () => {
  const points = (text: string) => Array.from(text, (character) => character.codePointAt(0)!);
  const compareArrays = (a: number[], b: number[]): number => {
    for (let i = 0; i < a.length && i < b.length; i++) {
      if (a[i] !== b[i]) return a[i]! - b[i]!;
    }
    return a.length - b.length;
  };
  fc.assert(
    fc.property(unevenStrings, unevenStrings, unevenStrings, (start, a, b) => {
      const [left, right] = [start + a, start + b];
      assert.equal(
        Math.sign(compareCodePoints(left, right)),
        Math.sign(compareArrays(points(left), points(right))),
        `${JSON.stringify(left)} and ${JSON.stringify(right)}`,
      );
    }),
    { numRuns: 5000 },
  );
});

Deno.test("compareBytes() orders as the encoded names do", () => {
  const order = (a: Uint8Array, b: Uint8Array) => {
    const at = a.findIndex((byte, index) => byte !== b[index]);
    return at === -1 ? a.length - b.length : a[at]! - (b[at] ?? -1);
  };
  fc.assert(
    fc.property(nameBytes, nameBytes, nameBytes, (start, a, b) => {
      const [left, right] = [a, b].map((end) => Uint8Array.of(...start, ...end));
      assert.equal(
        Math.sign(compareBytes(decodeName(left!), decodeName(right!))),
        Math.sign(order(left!, right!)),
      );
    }),
    { numRuns: 2000 },
  );
});
