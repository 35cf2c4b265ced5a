/** Store paths that are unpacked, compared with those that Nix made. */

import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { verifiedNar } from "../../src/store/nar_stream.ts";
import type { NarPaths } from "../../src/store/nar_path.ts";
import { storeDatabase } from "../../src/store/nix_store.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";
import { unpackNar } from "../../src/store/unpack_nar.ts";
import { nixStore } from "../../src/stores/nix_driven.ts";
import { PartialStore } from "../../src/stores/partial_store.ts";
import { BROKEN_NARS } from "../support/hostile_caches.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { succeed } from "../support/program.ts";
import { runPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";
import { storePath } from "../support/store_paths.ts";

const { hello, itself, symlink } = await buildFixtures("hello", "itself", "symlink");
const ROOTS = [hello, itself, symlink].map(parseStorePath);
const CLOSURE = await storeDatabase().closureOf(ROOTS);

/** The test runner notices a program or a pipe that is left behind. */
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

/** The host's own paths as NARs, but for those that `isHere` wants to be on the disk. */
function narsOf(isHere: (path: StorePath) => boolean, opened: StorePath[] = []): NarPaths {
  const store = nixStore("local");
  return (path) => {
    const info = CLOSURE.get(path);
    if (info?.narHash === undefined || isHere(path)) return undefined;
    const { narHash, narSize } = info;
    return {
      narSize,
      narHash,
      open() {
        opened.push(path);
        const nar = store.open(path, { ...info, narHash, signatures: [] });
        return verifiedNar(nar, { path, from: "test", narHash, narSize });
      },
      from: "a test",
      entries: () => Promise.resolve(undefined),
    };
  };
}

/** All that can be seen of files: type, mode, size, time, target, name. */
function listing(directory: string, path: string): Promise<string> {
  const script = `cd "$1" && find ".$2" -printf '%y %m %s %T@ %l %p\\n' | sort`;
  // Of directories, the size depends on the file system.
  return succeed([
    "sh",
    "-c",
    `${script} | sed 's/^\\(d [0-9]*\\) [0-9]*/\\1/'`,
    "sh",
    directory,
    path,
  ]);
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("what is unpacked is what Nix has, in all that can be seen", LEAVES_NOTHING, async () => {
  await using scratch = new Scratch();
  const opened: StorePath[] = [];
  const store = new PartialStore({
    narOf: narsOf(() => false, opened),
    directory: () => Promise.resolve(scratch.path),
  });
  assert.equal(await store.rootWith(CLOSURE.keys()), scratch.path);
  for (const path of CLOSURE.keys()) {
    assert.equal(await store.rootOf(path), scratch.path);
    assert.equal(await listing(scratch.path, path), await listing("/", path));
  }
  assert.deepEqual(opened.sort(), [...CLOSURE.keys()].sort());
});

Deno.test("what is on the disk stays there, and is copied where it has to be with others", async () => {
  await using scratch = new Scratch();
  const isHere = (path: StorePath) => path !== hello;
  let asked = 0;
  const store = new PartialStore({
    narOf: narsOf(isHere),
    directory: () => Promise.resolve(`${scratch.path}/${++asked}`),
  });
  const here = [...CLOSURE.keys()].filter(isHere);
  assert.equal(await store.rootWith(here), "");
  assert.equal(await store.rootOf(here[0]!), "");
  assert.equal(asked, 0);
  const root = await store.rootOf(parseStorePath(hello));
  assert.equal(root, `${scratch.path}/1`);
  assert.deepEqual(namesIn(`${root}/nix/store`), [hello.slice("/nix/store/".length)]);
  const [one, two] = await Promise.all([
    store.rootWith(CLOSURE.keys()),
    store.rootWith(CLOSURE.keys()),
  ]);
  assert.deepEqual([one, two], [root, root]);
  for (const path of CLOSURE.keys()) {
    assert.equal(await listing(root, path), await listing("/", path));
  }
  assert.equal(namesIn(`${root}/nix/store`).length, CLOSURE.size);
});

Deno.test("of a path that can not be had whole, nothing is left", LEAVES_NOTHING, async () => {
  await using scratch = new Scratch();
  const narOf = narsOf(() => false);
  const store = new PartialStore({
    directory: () => Promise.resolve(scratch.path),
    narOf: (path) => {
      const nar = narOf(path);
      if (nar === undefined || path !== hello) return nar;
      const wrong = {
        path,
        from: "test",
        narSize: nar.narSize,
        narHash: `sha256:${"0".repeat(64)}`,
      };
      return { ...nar, open: () => verifiedNar(nar.open(), wrong) };
    },
  });
  await assert.rejects(store.provide(CLOSURE.keys()), (error) => {
    assert.ok(error instanceof ImageError);
    assert.match(error.message, /^The NAR of .*-hello from test is damaged/);
    return true;
  });
  await assert.rejects(store.rootOf(parseStorePath(hello)), ImageError);
  const others = [...CLOSURE.keys()].filter((path) => path !== hello);
  assert.deepEqual(
    namesIn(`${scratch.path}/nix/store`),
    others.map((path) => path.slice("/nix/store/".length)).sort(),
  );
});

Deno.test("no broken NAR writes outside of its place, and none stays", async (t) => {
  await using scratch = new Scratch();
  for (const kind of BROKEN_NARS) {
    await t.step(kind, async () => {
      const file = `${scratch.path}/nar`;
      await runPython("write_nar.py", [kind, file]);
      const path = storePath("broken");
      const inner = `${scratch.path}/inner`;
      const store = new PartialStore({
        directory: () => Promise.resolve(inner),
        narOf: () => ({
          narSize: 1,
          narHash: "",
          open: () => Deno.openSync(file).readable,
          from: "a test",
          entries: () => Promise.resolve(undefined),
        }),
      });
      await assert.rejects(store.provide([path]), ImageError);
      assert.deepEqual(namesIn(`${inner}/nix/store`), []);
      assert.deepEqual(namesIn(scratch.path), ["inner", "nar"]);
    });
  }
});

Deno.test("a symlink that is not to stay is removed, and what it leads to is not touched", async () => {
  await using scratch = new Scratch();
  const target = `${scratch.path}/target`;
  await Deno.mkdir(target);
  await Deno.writeTextFile(`${target}/file`, "mine", { mode: 0o400 });
  await Deno.symlink(target, `${scratch.path}/link`);
  const nar = await new Deno.Command("nix-store", { args: ["--dump", `${scratch.path}/link`] })
    .output();
  const store = new PartialStore({
    directory: () => Promise.resolve(`${scratch.path}/inner`),
    narOf: () => ({
      narSize: 1,
      narHash: "",
      open: () => new Blob([nar.stdout, "more"]).stream(),
      from: "a test",
      entries: () => Promise.resolve(undefined),
    }),
  });
  await assert.rejects(store.provide([storePath("broken")]), /follows its end/);
  assert.deepEqual(namesIn(`${scratch.path}/inner/nix/store`), []);
  assert.equal(Deno.statSync(`${target}/file`).mode! & 0o777, 0o400);
});

Deno.test("a name that is not UTF-8 is told of", async () => {
  await using scratch = new Scratch();
  await succeed([
    "sh",
    "-c",
    `mkdir "$1" && : > "$1/$(printf 'caf\\351')"`,
    "sh",
    `${scratch.path}/a`,
  ]);
  const nar = await new Deno.Command("nix-store", { args: ["--dump", `${scratch.path}/a`] })
    .output();
  await assert.rejects(
    unpackNar(new Blob([nar.stdout]).stream(), `${scratch.path}/b`),
    /Cannot unpack .*: the name or target of "\/caf.*" in it is not UTF-8/,
  );
});
