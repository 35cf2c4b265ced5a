/**
 * Store paths with whatever a NAR can hold: from a binary cache come the layers that come from the
 * store.
 * @module
 */

import assert from "node:assert/strict";
import { BinaryCaches } from "../support/binary_caches.ts";
import { HostWithoutStore } from "../support/host_without_store.ts";
import { nixImage, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
const host = new HostWithoutStore(scratch);

/** What a shell makes, as a store path. */
async function made(name: string, script: string): Promise<string> {
  const path = `${scratch.path}/${name}`;
  await succeed(["sh", "-ec", script, "sh", path]);
  return (await succeed(["nix-store", "--add", path])).trim();
}

const long = "n".repeat(255);
const odd = await made(
  "odd",
  `
  mkdir -p "$1/empty" "$1/many" "$1/name" "$1/NAME" "$1/Name.d"
  : >"$1/nothing"
  echo lower >"$1/name/a"; echo upper >"$1/NAME/a"; echo dot >"$1/Name.d/a"
  printf newline >"$1/$(printf 'two\\nlines\\t')"
  printf '%s' long >"$1/${long}"
  deep=$1
  for i in 1 2 3 4 5 6 7 8; do deep=$deep/${"d".repeat(200)}; mkdir "$deep"; done
  echo deep >"$deep/file"
  ln -s "${"t".repeat(4000)}" "$1/far"
  ln -s "$(printf 'a\\nb')" "$1/newline"
  ln -s .. "$1/above"
  printf 'é' >"$1/é"; printf 'e' >"$1/$(printf 'e\\314\\201')"
  printf x >"$1/ space"; printf x >"$1/-rf"; printf x >"$1/back\\\\slash"; printf x >"$1/*"
  printf '#!/bin/sh' >"$1/run"; chmod +x "$1/run"
  i=0
  while [ $i -lt 300 ]; do : >"$1/many/$i"; i=$((i + 1)); done
  `,
);
const raw = await made(
  "raw",
  `
  mkdir -p "$1/$(printf 'dir\\377')"
  echo latin >"$1/$(printf 'caf\\351')"
  echo below >"$1/$(printf 'dir\\377')/utf8"
  ln -s "$(printf 'to\\376')" "$1/link"
  `,
);
const empty = await made("empty", ': >"$1"');
const program = await made("program", 'echo "#!/bin/sh" >"$1"; chmod +x "$1"');
const link = await made("link", 'ln -s /nix/store/nowhere "$1"');

const caches = await BinaryCaches.create(odd, raw, empty, program, link);
const plain = await caches.cache({ compression: "zstd" });
Deno.test.afterAll(async () => {
  await caches[Symbol.asyncDispose]();
  await scratch[Symbol.asyncDispose]();
});

const config = { Env: [raw, empty, program, link, odd].map((path, at) => `P${at}=${path}`) };

for (
  const [what, fields] of Object.entries({
    "layers": { config },
    "a single image": { type: "single", config },
    "links to them": { contents: [odd, empty, program] },
    "copies": { type: "single", copyToRoot: [odd] },
    "what a command sees": {
      contents: [odd],
      extraCommands: 'cat ./*lines* "./name/a" ./NAME/a >said',
    },
  })
) {
  Deno.test(`names, sizes and kinds of all sorts: ${what} are those of the store`, async () => {
    const spec = scratch.spec({ name: "app", ...fields });
    const [local, remote] = [`${spec}.local.tar`, `${spec}.tar`];
    const there = await nixImage(["stream", "--tar", spec], { stdoutFile: local });
    assert.equal(there.code, 0, there.stderr);
    const store = ["--store", `file://${plain}?trusted=true`];
    const { code, stderr } = await host.run(["stream", "--tar", spec, ...store], {
      stdoutFile: remote,
    });
    assert.equal(code, 0, stderr);
    await succeed(["cmp", local, remote]);
  });
}

Deno.test("names that are not UTF-8 can not be files for scripts, and that is said", async () => {
  const spec = scratch.spec({ name: "app", contents: [raw], extraCommands: ":" });
  const store = ["--store", `file://${plain}?trusted=true`];
  const { code, text, stderr } = await host.run(["stream", "--tar", spec, ...store]);
  assert.deepEqual([code, text], [1, ""]);
  assert.match(stderr, /-raw from file:.*the name or target of .* in it is not UTF-8/);
});
