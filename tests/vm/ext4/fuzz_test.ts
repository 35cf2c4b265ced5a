import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageError } from "../../../src/errors.ts";
import { readExt4Tree } from "../../../src/vm/ext4/tree.ts";
import { inDirectory, makeFiles } from "../../support/directories.ts";
import { debugExt4, ext4Content, makeExt4, OURS } from "../../support/ext4_images.ts";
import { samples, SEED } from "../../support/samples.ts";

const BLOCK = 1024;

/** What files hold, so that all blocks with anything else are metadata. */
const FILLING = "Z";

/** So many bytes of each file are read. */
const MOST_READ = 1 << 18;

/** A change: which of the metadata's bytes, counted on from one that is not 0, gets which value. */
const change = fc.record({
  at: fc.nat(),
  further: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 16 })),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
});

const changes = fc.array(change, { minLength: 1, maxLength: 6 });

for (
  const [about, flags] of [
    ["extents", [...OURS, "-b1024"]],
    ["an index of directories and checksums", ["-text4", "-b1024", "-O^has_journal"]],
    ["indirect blocks", ["-text2", "-b1024", "-I128"]],
  ] as const
) {
  Deno.test(`readExt4Tree() of damaged images with ${about} fails as such, or not at all`, async () => {
    await inDirectory(async (scratch) => {
      const image = `${scratch}/image`;
      await makeImage(image, flags, scratch);
      const original = Deno.readFileSync(image);
      const places = metadataOf(original);
      assert.ok(places.length > 1000 && places.length < 40_000, `${places.length} bytes`);
      let refused = 0;
      let read = 0;
      using file = Deno.openSync(image, { write: true });
      for (const [index, list] of samples(changes, 1500).entries()) {
        const changed = list.map(({ at, further, value }) =>
          [places[at % places.length]! + further, value] as const
        );
        for (const [at, value] of changed) writeByte(file, at, value);
        const start = performance.now();
        try {
          readAll(image);
          read++;
        } catch (error) {
          assert.ok(error instanceof ImageError, `seed ${SEED}, case ${index}: ${error}`);
          refused++;
        }
        const time = performance.now() - start;
        assert.ok(time < 5000, `seed ${SEED}, case ${index}: ${time} ms`);
        for (const [at] of changed) writeByte(file, at, original[at]!);
      }
      assert.ok(refused > 100 && read > 100, `${refused} were refused, ${read} read`);
      readAll(image);
    });
  });
}

async function makeImage(image: string, flags: readonly string[], scratch: string): Promise<void> {
  const many = Array.from({ length: 60 }, (_, index) => [`many/${"n".repeat(30)}${index}`, ""]);
  makeFiles(`${scratch}/source/upper`, {
    ...Object.fromEntries(many),
    "a/b/c/file": FILLING.repeat(100 * BLOCK),
    small: FILLING.repeat(BLOCK),
    link: "-> target",
    "long link": `-> ${"t".repeat(200)}`,
  });
  Deno.writeTextFileSync(`${scratch}/value`, "v".repeat(300));
  Deno.writeTextFileSync(`${scratch}/filling`, FILLING.repeat(600 * BLOCK));
  await makeExt4(image, { flags, size: "2M", source: `${scratch}/source` });
  const holes = Array.from({ length: 12 }, (_, index) => index * 8);
  await debugExt4(image, [
    "cd /upper",
    `ea_set -f ${scratch}/value small user.large`,
    "ea_set small trusted.overlay.opaque y",
    "ea_set a security.x y",
    "mknod whiteout c 0 0",
    // Extents of some depth, and indirect blocks of two levels.
    `write ${scratch}/filling large`,
    ...holes.map((at) => `punch large ${at} ${at}`),
  ]);
}

function readAll(image: string): void {
  using tree = readExt4Tree(image, "upper");
  for (const entry of tree.entries()) {
    if (entry.open) ext4Content(entry, MOST_READ);
  }
}

/** The places of all bytes but zeros in blocks that are not a file's. */
function metadataOf(image: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < image.length; at += BLOCK) {
    const block = image.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === FILLING.charCodeAt(0))) continue;
    // Bitmaps are full of ones, and of no use to a reader.
    if (block.filter((byte) => byte === 0xff).length > BLOCK / 4) continue;
    for (const [index, byte] of block.entries()) if (byte !== 0) places.push(at + index);
  }
  return places;
}

function writeByte(file: Deno.FsFile, at: number, value: number): void {
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(Uint8Array.of(value));
}
