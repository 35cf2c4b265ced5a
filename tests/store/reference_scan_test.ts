import assert from "node:assert/strict";
import fc from "fast-check";
import { ReferenceScan } from "../../src/store/reference_scan.ts";
import { hashPart, type StorePath } from "../../src/store/store_path.ts";
import { storePath } from "../support/store_paths.ts";

const HELLO = storePath("hello-2.12", "a");
const BASH = storePath("bash", "b");
const encoder = new TextEncoder();

function scanned(candidates: Iterable<StorePath>, ...streams: (string | Uint8Array)[][]) {
  const scan = new ReferenceScan(candidates);
  for (const chunks of streams) {
    for (const chunk of chunks) {
      scan.feed(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
    }
    scan.end();
  }
  return { found: [...scan.found].sort(), strangers: [...scan.strangers].sort() };
}

/** Finds all by trying each candidate and each place: what the scan has to agree with. */
function oracle(candidates: readonly StorePath[], streams: readonly Uint8Array[]) {
  const found = new Set<StorePath>(), strangers = new Set<string>();
  const known = new Set(candidates.map(hashPart));
  for (const stream of streams) {
    const text = new TextDecoder("latin1").decode(stream);
    for (const path of candidates) if (text.includes(hashPart(path))) found.add(path);
    const full = /(?=(\/nix\/store\/([0-9a-df-np-sv-z]{32})-[a-zA-Z0-9+._?=-]{1,211}))/g;
    for (const [, path, hash] of text.matchAll(full)) {
      if (!known.has(hash!)) strangers.add(path!);
    }
  }
  return { found: [...found].sort(), strangers: [...strangers].sort() };
}

const digit = fc.constantFrom(..."0123456789abcdfghijklmnpqrsvwxyz");
const hash = fc.string({ unit: digit, minLength: 32, maxLength: 32 });
const path = fc.tuple(fc.constantFrom("x", "hello-2.12", "Z+._?="), hash)
  .map(([name, digits]) => storePath(name, digits));

/** Bytes of which many are what a hash or a path could be a part of. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.string({ unit: digit, maxLength: 80 }).map((text) => encoder.encode(text)),
  fc.constantFrom("/nix/store/", "-", "/", "e", "\0", "-name.", "a".repeat(300))
    .map((text) => encoder.encode(text)),
);

interface Case {
  readonly candidates: readonly StorePath[];
  readonly streams: readonly (readonly Uint8Array[])[];
}

/** Streams with candidates and strangers planted in noise, cut into chunks anywhere. */
const cases: fc.Arbitrary<Case> = fc.tuple(
  fc.uniqueArray(path, { selector: hashPart, maxLength: 6 }),
  fc.array(path, { maxLength: 3 }),
).chain(([candidates, strangers]) => {
  const planted = [...candidates, ...strangers].flatMap((each) => [
    each,
    hashPart(each),
    each.slice(0, -2),
    each.slice(1),
    hashPart(each).slice(0, 31),
  ]).map((text) => encoder.encode(text));
  const part = planted.length > 0 ? fc.oneof(noise, fc.constantFrom(...planted)) : noise;
  const stream = fc.tuple(
    fc.array(part, { maxLength: 20 }),
    // Some streams are so long that what is planted lies at the border of the scan's buffer.
    fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, {
      weight: 1,
      arbitrary: fc.integer({ min: (1 << 18) - 700, max: (1 << 18) + 50 }),
    }),
    fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 5 }),
  ).map(([parts, padding, lengths]) => {
    const bytes = Uint8Array.from([
      ...new Uint8Array(padding).fill(0x2f),
      ...parts.flatMap((bytes) => [...bytes]),
    ]);
    const chunks: Uint8Array[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const length = lengths[turn % lengths.length]! * (padding > 0 ? 1009 : 1);
      chunks.push(bytes.subarray(at, at += length));
    }
    return chunks;
  });
  return fc.array(stream, { maxLength: 4 }).map((streams) => ({ candidates, streams }));
});

Deno.test("ReferenceScan finds what a search for each candidate finds, however streams are cut", () => {
  let [found, strangers] = [0, 0];
  fc.assert(
    fc.property(cases, ({ candidates, streams }) => {
      const joined = streams.map((chunks) => Uint8Array.from(chunks.flatMap((one) => [...one])));
      const expected = oracle(candidates, joined);
      found += expected.found.length;
      strangers += expected.strangers.length;
      assert.deepEqual(scanned(candidates, ...streams.map((chunks) => [...chunks])), expected);
    }),
    { numRuns: 400 },
  );
  // The cases are worth something.
  assert.ok(found > 100 && strangers > 100, `${found} found, ${strangers} strangers`);
});

Deno.test("ReferenceScan finds a hash at every place of a long stream", () => {
  const size = 1 << 18;
  for (let at = size - 300; at <= size + 40; at++) {
    const bytes = new Uint8Array(at + HELLO.length + 300).fill(0x61);
    bytes.set(encoder.encode(`${HELLO}/`), at);
    bytes.set(encoder.encode(`${BASH}/`), at + HELLO.length + 1);
    assert.deepEqual(scanned([HELLO], [bytes]), { found: [HELLO], strangers: [BASH] }, `${at}`);
  }
});

Deno.test("ReferenceScan takes a hash alone, and without what stands around it", () => {
  assert.deepEqual(scanned([HELLO, BASH], [`x${hashPart(HELLO)}y`]).found, [HELLO]);
  assert.deepEqual(scanned([HELLO, BASH], [`/other/store/${hashPart(BASH)}`]).found, [BASH]);
});

Deno.test("ReferenceScan matches nothing across the end of a stream", () => {
  const [front, back] = [HELLO.slice(0, 30), HELLO.slice(30)];
  assert.deepEqual(scanned([HELLO], [front, back]).found, [HELLO]);
  assert.deepEqual(scanned([HELLO], [front], [back]), { found: [], strangers: [] });
  assert.deepEqual(scanned([], [front], [back]), { found: [], strangers: [] });
  const stranger = scanned([], [`${BASH}-4`], ["5.2"]);
  assert.deepEqual(stranger.strangers, [`${BASH}-4`]);
});

Deno.test("ReferenceScan tells a bounded number of strangers, none of what is no path", () => {
  const many = Array.from({ length: 1000 }, (_, index) => storePath("x", String(index)));
  assert.equal(scanned([], many.map((each) => `${each} `)).strangers.length, 100);
  const removed = HELLO.replace(hashPart(HELLO), "e".repeat(32));
  const no = [removed, `store/${hashPart(HELLO)}-x`, `/nix/store/${hashPart(HELLO)}/x`];
  assert.deepEqual(scanned([], [no.join("\n")]).strangers, []);
});
