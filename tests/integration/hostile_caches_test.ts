/**
 * Nothing is made of binary caches with a fault, and a wrong listing does no harm.
 * @module
 */

import assert from "node:assert/strict";
import { BinaryCaches } from "../support/binary_caches.ts";
import {
  BROKEN_NARS,
  cacheWithListing,
  type Fault,
  hostileCache,
  LISTINGS,
  OTHER_FAULTS,
} from "../support/hostile_caches.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { freshRun } from "../support/remote_runs.ts";
import { Scratch } from "../support/scratch.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { hello } = await buildFixtures("hello");
const caches = await BinaryCaches.create(hello);
const scratch = new Scratch();
Deno.test.afterAll(async () => {
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const FIELDS = { name: "app", tag: "1", contents: [hello] };
const trusted = ["--trusted-public-keys", caches.key.public];

/** Whose errors are of other paths, or of none. */
const OF_OTHERS: ReadonlySet<string> = new Set([
  "another store directory",
  "reference loop",
  "reference that is nowhere",
]);

async function refuses(fault: Fault): Promise<void> {
  const { directory, path } = await hostileCache(caches, fault);
  const spec = scratch.spec(FIELDS);
  const { env, output, leftovers } = await freshRun(scratch.path);
  const start = performance.now();
  const { code, stderr } = await nixImage(
    ["build", "-q", spec, "--compressor", "none", "-o", `${output}/image.tar`]
      .concat(["--store", `file://${directory}`, ...trusted]),
    { env },
  );
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^nix-image: /);
  assert.doesNotMatch(stderr, /defect|\n\s+at /);
  const isOfPath = stderr.includes(path) || stderr.includes(path.slice(11, 43));
  assert.ok(isOfPath || OF_OTHERS.has(fault), stderr);
  assert.ok(stderr.includes(directory), stderr);
  assert.ok(stderr.length < 2000, `${stderr.length} characters`);
  assert.ok(performance.now() - start < 60_000);
  assert.deepEqual([...Deno.readDirSync(output)], []);
  assert.deepEqual(leftovers(), []);
}

Deno.test("nothing is made of a cache with a NAR that is none", async () => {
  await sideBySide(BROKEN_NARS, (fault) => fault, refuses);
});

Deno.test("nothing is made of a cache that does not have what it says", async () => {
  await sideBySide(OTHER_FAULTS(), (fault) => fault, refuses);
});

Deno.test("a listing that is wrong is an error, or does not count", async () => {
  const good = await caches.cache({ compression: "none", listings: true, signedBy: "key" });
  const archiveOf = async (directory: string) => {
    const spec = scratch.spec(FIELDS);
    const archive = `${spec}.tar`;
    const { env } = await freshRun(scratch.path);
    const store = ["--store", `file://${directory}`, ...trusted];
    const { code, stderr } = await nixImage(["stream", "--tar", "-q", spec, ...store], {
      env,
      stdoutFile: archive,
    });
    return { code, stderr, bytes: await Deno.readFile(archive) };
  };
  const expected = await archiveOf(good);
  assert.equal(expected.code, 0, expected.stderr);
  await sideBySide(Object.keys(LISTINGS) as (keyof typeof LISTINGS)[], String, async (listing) => {
    const { directory, path } = await cacheWithListing(caches, listing);
    const { code, stderr, bytes } = await archiveOf(directory);
    if (code === 0) assert.deepEqual(bytes, expected.bytes);
    else assert.ok(code === 1 && stderr.includes(path) && stderr.includes(directory), stderr);
  });
});
