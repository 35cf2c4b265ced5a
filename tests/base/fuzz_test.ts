/**
 * Archives and layouts with random damage: whatever is read of them ends well or in an error for
 * people, soon, and with contents that are those their digests say.
 *
 * The seed is fixed. `FUZZ_RUNS=100000 FUZZ_SEED=1 deno test --allow-all tests/base/fuzz_test.ts`
 * runs as many with another one; the seed and the counterexample are in the message of a failure.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseImage } from "../../src/base/choose_image.ts";
import { openImages } from "../../src/base/open_images.ts";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { StreamBytes } from "../../src/tar/byte_source.ts";
import { readTar } from "../../src/tar/read.ts";
import { streamOf } from "../support/bytes.ts";
import { mutated, type Mutation, mutation } from "../support/mutations.ts";
import { Scratch } from "../support/scratch.ts";
import { bytesOf, makeImages } from "../support/stored_images.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 3000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20240607);

/** For each case, in milliseconds. */
const DEADLINE = 20_000;

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const stored = await makeImages(scratch.path);
const archives = stored.filter(({ format }) => format !== "oci");
const layouts = stored.filter(({ format }) => format === "oci");
// Programs are started for these: fewer of them.
const slow = /zstd|xz|bzip2/;
const quick = archives.filter(({ name }) => !slow.test(name));

const changes = fc.array(mutation, { minLength: 1, maxLength: 4 });

function changed(bytes: Uint8Array<ArrayBuffer>, all: readonly Mutation[]) {
  return all.reduce(mutated, bytes);
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error("It hangs")), DEADLINE);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads all there is. */
async function read(path: string): Promise<void> {
  try {
    await using opened = await openImages(path);
    assert.ok(opened.images.length > 0);
    for (const { layers, config } of opened.images) {
      assert.equal(typeof config, "object");
      for (const layer of layers) {
        const bytes = await bytesOf(layer);
        assert.equal(sha256Of(bytes), layer.diffId);
        if (layer.blob) assert.equal(sha256Of(await bytesOf(layer.blob)), layer.blob.digest);
      }
    }
    chooseImage(opened, { tag: "1", preferred: opened.images[0]! });
  } catch (error) {
    checkError(error);
  }
}

function checkError(error: unknown): void {
  if (!(error instanceof ImageError)) throw error;
  assert.doesNotMatch(error.message, /(?!\n)\p{Cc}/u);
  assert.ok(error.message.length < 5000, error.message);
}

const parameters = { seed: SEED, endOnFailure: true };

for (const [kind, cases, part] of [["", quick, 1], ["by programs", archives, 0.05]] as const) {
  Deno.test(`damaged archives are read or refused ${kind}`, async () => {
    const files = cases.map(({ path }) => Deno.readFileSync(path));
    const path = `${scratch.path}/damaged`;
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), changes, async (index, all) => {
        Deno.writeFileSync(path, changed(files[index]!, all));
        await inTime(read(path));
      }),
      { ...parameters, numRuns: Math.ceil(RUNS * part) },
    );
  });
}

Deno.test("damaged layouts are read or refused", async () => {
  const files = layouts.flatMap(({ path }) =>
    filesBelow(path).map((file) => ({ path, file, bytes: Deno.readFileSync(file) }))
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(files.length - 1), changes, async (index, all) => {
      const { path, file, bytes } = files[index]!;
      Deno.writeFileSync(file, changed(bytes, all));
      try {
        await inTime(read(path));
      } finally {
        Deno.writeFileSync(file, bytes);
      }
    }),
    { ...parameters, numRuns: Math.ceil(RUNS / 5) },
  );
});

function filesBelow(path: string): string[] {
  return Array.from(Deno.readDirSync(path)).flatMap(({ name, isDirectory, isFile }) =>
    isDirectory ? filesBelow(`${path}/${name}`) : isFile ? [`${path}/${name}`] : []
  ).sort();
}

Deno.test("damaged tar archives are read or refused", async () => {
  const tars = archives.filter(({ name }) => !/^outer|compressed|buildImage/.test(name))
    .map(({ path }) => Deno.readFileSync(path));
  await fc.assert(
    fc.asyncProperty(fc.nat(tars.length - 1), changes, fc.boolean(), async (index, all, whole) => {
      const bytes = changed(tars[index]!, all);
      await inTime(members(bytes, whole));
    }),
    { ...parameters, numRuns: RUNS },
  );
});

async function members(bytes: Uint8Array<ArrayBuffer>, whole: boolean): Promise<void> {
  const source = new StreamBytes(streamOf(bytes, whole ? undefined : 700));
  const into = new Uint8Array(512);
  try {
    for await (const member of readTar(source, "a.tar")) {
      assert.ok(Number.isSafeInteger(member.size) && member.size >= 0);
      assert.ok(Number.isSafeInteger(member.offset + member.size));
      assert.ok(!member.name.includes("\0") && !member.linkname.includes("\0"));
      let size = 0;
      for (let length; (length = await member.read(into)) > 0;) size += length;
      assert.equal(size, member.size);
    }
  } catch (error) {
    checkError(error);
  }
}
