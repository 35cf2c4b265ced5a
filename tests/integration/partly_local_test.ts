/**
 * A host with a store that has a part of what an image needs, and a cache that has the rest.
 * @module
 */

import assert from "node:assert/strict";
import { BinaryCaches, nix } from "../support/binary_caches.ts";
import { CacheServer } from "../support/cache_server.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const paths = await buildFixtures("bash", "coreutils", "hello", "message");
const { bash, coreutils, hello, message } = paths;
const scratch = new Scratch();
const caches = await BinaryCaches.create(...Object.values(paths));
const server = await CacheServer.start(await caches.cache({ compression: "zstd" }));
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

/** A chroot store with the closure of these. */
async function storeWith(...roots: string[]): Promise<string> {
  const directory = Deno.makeTempDirSync({ dir: scratch.path });
  if (roots.length > 0) {
    await nix("copy", "--no-check-sigs", "--to", `local?root=${directory}`, ...roots);
  } else await Deno.mkdir(`${directory}/nix/store`, { recursive: true });
  return directory;
}

async function streamed(fields: object, ...args: string[]) {
  const spec = scratch.spec({ name: "app", ...fields });
  const env = { XDG_CACHE_HOME: Deno.makeTempDirSync({ dir: scratch.path }) };
  const archive = `${spec}.tar`;
  const { code, stderr } = await nixImage(["stream", "--tar", "-v", spec, ...args], {
    env,
    stdoutFile: archive,
  });
  assert.equal(code, 0, stderr);
  return { archive, stderr };
}

const SPECS = {
  "layers": { contents: [hello, coreutils], config: { Cmd: [message] } },
  "a single image": { type: "single", copyToRoot: [hello, coreutils] },
  "a script": {
    contents: [hello, coreutils],
    shell: bash,
    extraCommands: "cat bin/hello > said; bin/sh -c 'echo with' > sh",
  },
};

for (const [what, fields] of Object.entries(SPECS)) {
  Deno.test(`half of it here and half there: ${what} of both is that of one store`, async () => {
    const { archive: expected } = await streamed(fields);
    const root = await storeWith(hello);
    server.requests.length = 0;
    const { archive, stderr } = await streamed(
      fields,
      ...["--store-root", root, "--store", `${server.url}?trusted=true`],
    );
    await succeed(["cmp", expected, archive]);
    assert.match(stderr, /this host \([23]\)/);
    const hashes = [hello, message].map((path) => path.slice(11, 43));
    for (const hash of hashes) assert.equal(server.count(hash), 0, stderr);
    assert.ok(server.count("/nar/") > 0);
  });
}

Deno.test("where all is here, nobody is asked anything", async () => {
  for (const [what, fields] of Object.entries(SPECS)) {
    const { archive: expected } = await streamed(fields);
    server.requests.length = 0;
    const { archive } = await streamed(fields, "--store", `${server.url}?trusted=true`);
    await succeed(["cmp", expected, archive]);
    assert.deepEqual(server.requests, [], what);
  }
});
