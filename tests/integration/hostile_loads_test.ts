/**
 * Docker gets no image of a cache with a fault.
 * @module
 */

import assert from "node:assert/strict";
import { BinaryCaches } from "../support/binary_caches.ts";
import { CacheServer } from "../support/cache_server.ts";
import { Docker } from "../support/dockerd.ts";
import { hostileCache } from "../support/hostile_caches.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage } from "../support/program.ts";
import { freshRun } from "../support/remote_runs.ts";
import { Scratch } from "../support/scratch.ts";

const { hello } = await buildFixtures("hello");
const caches = await BinaryCaches.create(hello);
const scratch = new Scratch();
const docker = new Docker();
Deno.test.beforeAll(() => docker.start());
Deno.test.afterAll(async () => {
  await docker.stop();
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const NAME = "hostile-load";

async function load(url: string) {
  const { env, leftovers } = await freshRun(scratch.path);
  const { code, stderr } = await nixImage(
    ["load", "-q", scratch.spec({ name: NAME, tag: "1", contents: [hello] }), "--store", url]
      .concat(["--trusted-public-keys", caches.key.public]),
    { env: { ...env, ...docker.env, NIX_CONFIG: "download-attempts = 2" } },
  );
  assert.deepEqual(leftovers(), []);
  return { code, stderr };
}

async function isThere(): Promise<boolean> {
  return (await docker.docker("image", "ls", "--quiet", NAME)).trim() !== "";
}

Deno.test("load gives Docker nothing of a NAR with another hash, or one that is cut off", async () => {
  const { directory, path } = await hostileCache(caches, "changed NAR");
  await using changed = await CacheServer.start(directory);
  const good = await caches.cache({ compression: "none", signedBy: "key" });
  await using cut = await CacheServer.start(good, {
    fault: ({ path }) => path.startsWith("/nar/") ? { cutAfter: 60 } : undefined,
  });
  for (const [server, message] of [[changed, path], [cut, ""]] as const) {
    const { code, stderr } = await load(server.url);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^nix-image: The NAR of \/nix\/store\//);
    assert.ok(stderr.includes(server.url) && stderr.includes(message), stderr);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
    assert.equal(await isThere(), false);
  }
  // A cut that is one of a kind does no harm.
  let cuts = 0;
  await using once = await CacheServer.start(good, {
    fault: ({ path }) => path.startsWith("/nar/") && cuts++ === 0 ? { cutAfter: 60 } : undefined,
  });
  const { code, stderr } = await load(once.url);
  assert.equal(code, 0, stderr);
  assert.equal(await isThere(), true);
  await docker.docker("image", "rm", `${NAME}:1`);
});
