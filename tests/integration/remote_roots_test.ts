/**
 * Roots of images that are made of paths elsewhere, which this host does not have at all.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { BinaryCaches } from "../support/binary_caches.ts";
import { CacheServer } from "../support/cache_server.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

/** Adds to the store what no other test has; what it is made of is in `name`. */
async function added(name: string): Promise<string> {
  const env = nixEnvironment();
  return (await succeed(["nix-store", "--add", `${scratch.path}/${name}`], { env })).trim();
}

/** A spec, and how its image is made: of the store before it lost the paths, or of a cache that has them. */
async function streamed(fields: unknown, args: readonly string[] = []): Promise<string> {
  const archive = `${scratch.path}/${crypto.randomUUID()}.tar`;
  const directory = `${scratch.path}/${crypto.randomUUID()}`;
  for (const name of ["cache", "temporary"]) {
    Deno.mkdirSync(`${directory}/${name}`, { recursive: true });
  }
  const { code, stderr } = await nixImage(
    ["stream", "--tar", "-q", scratch.spec(fields), ...args],
    {
      env: { XDG_CACHE_HOME: `${directory}/cache`, TMPDIR: `${directory}/temporary` },
      stdoutFile: archive,
    },
  );
  assert.equal(code, 0, stderr);
  return archive;
}

/** Both archives are the same, though the second is of a cache that alone has the paths. */
async function assertSame(fields: unknown, path: string): Promise<CacheServer> {
  await using caches = await BinaryCaches.create(path);
  await using server = await CacheServer.start(await caches.cache({ signedBy: "key" }));
  const local = await streamed(fields);
  const env = nixEnvironment();
  await succeed(["nix-store", "--delete", path], { env });
  const trusted = ["--store", server.url, "--trusted-public-keys", caches.key.public];
  await succeed(["cmp", local, await streamed(fields, trusted)]);
  return server;
}

Deno.test("copies of what this host does not have", async () => {
  Deno.mkdirSync(`${scratch.path}/copied/bin`, { recursive: true });
  Deno.writeTextFileSync(`${scratch.path}/copied/bin/it`, crypto.randomUUID(), { mode: 0o755 });
  const path = await added("copied");
  const fields = { name: "app", tag: "1", type: "single", copyToRoot: [path] };
  assert.equal((await assertSame(fields, path)).count("/nar/"), 1);
});

Deno.test("a base image in a store that this host does not have", async () => {
  const file = `${scratch.path}/base.tar`;
  const random = { path: "/random", type: "file", text: crypto.randomUUID() };
  await Deno.rename(await streamed({ name: "base", tag: "1", files: [random] }), file);
  const path = await added("base.tar");
  const cache = await assertSame({ name: "app", tag: "1", fromImage: path }, path);
  assert.equal(cache.count("/nar/"), 1);
});

Deno.test("links to names that are not UTF-8", async () => {
  const make = 'mkdir -p "$1/etc" && echo "$2" > "$1/etc/$(printf "caf\\351")"';
  const directory = `${scratch.path}/raw`;
  await succeed(["sh", "-c", make, "sh", directory, crypto.randomUUID()]);
  const path = await added("raw");
  await assertSame({ name: "app", tag: "1", contents: [path] }, path);
});
