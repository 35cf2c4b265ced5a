/**
 * Waiting for a binary cache that accepts requests and never answers, and being ended meanwhile.
 * @module
 */

import assert from "node:assert/strict";
import { openStores } from "../../src/stores/stores.ts";
import { CacheServer } from "../support/cache_server.ts";
import { nixImageCommand } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";
import { writeToldFiles } from "../support/told_paths.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const PATH = storePath("told");
const CACHE = `${scratch.path}/cache`;
await writeToldFiles(CACHE, [PATH], "text");
/** Far less than the program waits for an answer, and far more than it needs to end. */
const SOON = 10_000;

/** A cache that never answers what has this in its path, and when that was first asked for. */
async function silentCache(part: string) {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = await CacheServer.start(CACHE, {
    fault({ path }) {
      if (!path.includes(part)) return undefined;
      resolve();
      return { silent: true };
    },
  });
  return Object.assign(server, { asked });
}

async function isSoon<T>(work: Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work;
  assert.ok(performance.now() - start < SOON, `${performance.now() - start} ms`);
  return result;
}

const SPEC = scratch.spec({ name: "app", config: { Env: [`TOLD=${PATH}`] } });

for (
  const [signal, status, part, verb, ...rest] of [
    ["SIGINT", 130, "nix-cache-info", "plan"],
    ["SIGTERM", 143, ".narinfo", "stream", "--tar"],
    ["SIGINT", 130, "/nar/", "build", "-o", `${scratch.path}/output/image.tar`],
    ["SIGTERM", 143, "/nar/", "stream", "--tar"],
  ] as const
) {
  Deno.test(`${signal} ends ${verb} with status ${status} while it waits for ${part}`, async () => {
    await using server = await silentCache(part);
    const temporary = `${scratch.path}/temporary`, output = `${scratch.path}/output`;
    for (const path of [temporary, output]) Deno.mkdirSync(path, { recursive: true });
    const [program = "", ...words] = nixImageCommand();
    const child = new Deno.Command(program, {
      args: [...words, verb, SPEC, ...rest, "--store", server.url, "--no-check-sigs"],
      env: { XDG_CACHE_HOME: Deno.makeTempDirSync({ dir: scratch.path }), TMPDIR: temporary },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const texts = Promise.all([child.stdout, child.stderr].map((one) => new Response(one).bytes()));
    await server.asked;
    child.kill(signal);
    assert.equal((await isSoon(child.status)).code, status);
    const [, stderr] = await texts;
    assert.equal(new TextDecoder().decode(stderr), "");
    for (const path of [temporary, output]) assert.deepEqual([...Deno.readDirSync(path)], []);
  });
}

const trust = { keys: [], checkSignatures: false };

for (const part of ["nix-cache-info", ".narinfo", "/nar/"]) {
  Deno.test(`who does not want a NAR any more need not wait for ${part}`, async () => {
    await using server = await silentCache(part);
    await using known = openStores([`file://${CACHE}`], { trust });
    await known.closureOf([PATH]);
    await using stores = openStores([server.url], { trust, decided: known.infos() });
    const reader = stores.narOf(PATH)!.open().getReader();
    const reading = reader.read();
    await server.asked;
    await isSoon(reader.cancel());
    assert.equal((await reading).done, true);
  });
}

Deno.test("stores that are closed ask for nothing any more", async () => {
  for (const part of ["nix-cache-info", ".narinfo"]) {
    await using server = await silentCache(part);
    const stores = openStores([server.url], { trust });
    const failed = assert.rejects(stores.closureOf([PATH]), /it was given up/);
    await server.asked;
    await stores[Symbol.asyncDispose]();
    await isSoon(failed);
    assert.equal(server.count(part), 1);
  }
});

Deno.test("a cache that never answers is given up", async () => {
  for (const part of ["nix-cache-info", ".narinfo"]) {
    await using server = await silentCache(part);
    const quick = { trust, idleTimeout: 100, retries: { delay: 1, attempts: 2 } };
    await using stores = openStores([server.url], quick);
    await isSoon(assert.rejects(stores.closureOf([PATH]), /: the other side is silent/));
  }
});
