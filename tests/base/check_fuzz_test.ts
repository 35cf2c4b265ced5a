/**
 * Archives with random damage: checking them finds something wrong wherever reading them fails, and
 * never ends in a defect. `FUZZ_RUNS` and `FUZZ_SEED` are as in fuzz_test.ts.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { checkImages } from "../../src/base/check.ts";
import { openImages } from "../../src/base/open_images.ts";
import { ImageError } from "../../src/errors.ts";
import { mutated, mutation } from "../support/mutations.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";
import { bytesOf, makeImages } from "../support/stored_images.ts";

const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 1500);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20240607);

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

/** What reading all of an archive ends in. */
async function readingError(path: string): Promise<string | undefined> {
  try {
    await using opened = await openImages(path);
    for (const { layers } of opened.images) {
      for (const layer of layers) {
        await bytesOf(layer);
        if (layer.blob) await bytesOf(layer.blob);
      }
    }
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ImageError, String(error));
    return error.message;
  }
}

async function assertFound(path: string, about: string): Promise<void> {
  const error = await readingError(path);
  const { problems, problemCount, remarks } = await checkImages(path);
  for (const { where, what } of [...problems, ...remarks]) {
    assert.doesNotMatch(where + what, /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u, about);
    assert.ok(where.length + what.length < 1000, about);
  }
  if (error !== undefined) assert.ok(problemCount > 0, `${about}: ${error}`);
}

Deno.test("checkImages() finds what is wrong with archives that are damaged somewhere", async () => {
  // Programs are started for these.
  const slow = /zstd|xz|bzip2/;
  const stored = await makeImages(scratch.path);
  const files = stored.filter(({ name, format }) => format !== "oci" && !slow.test(name))
    .map(({ path }) => Deno.readFileSync(path));
  const path = `${scratch.path}/damaged`;
  const changes = fc.array(mutation, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.nat(files.length - 1), changes, async (index, all) => {
      Deno.writeFileSync(path, all.reduce(mutated, files[index]!));
      await assertFound(path, "damaged");
    }),
    { seed: SEED, endOnFailure: true, numRuns: RUNS },
  );
});

Deno.test("checkImages() finds what is wrong with images that do harm", async () => {
  const directory = `${scratch.path}/hostile`;
  await Deno.mkdir(directory);
  const cases = await askPython<{ name: string; path: string }[]>("make_hostile_images.py", {
    directory,
    heavy: false,
  });
  for (const { name, path } of cases) {
    // Root can read these.
    if (name.startsWith("an unreadable")) continue;
    if (isThere(path)) await assertFound(path, name);
    else await assert.rejects(checkImages(path), ImageError, name);
  }
});

/** Whether there is something that can be an archive or a layout. */
function isThere(path: string): boolean {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile || isDirectory;
  } catch {
    return false;
  }
}
