import assert from "node:assert/strict";
import type { RootTree } from "../../src/rootfs/root_tree.ts";
import { parseStorePath } from "../../src/store/store_path.ts";
import { writeArchives } from "../../src/vm/archives.ts";
import { readRoots } from "../support/exported_roots.ts";
import { layerOf } from "../support/layers.ts";
import { Scratch } from "../support/scratch.ts";
import { makeTar } from "../support/tars.ts";

const PATH = parseStorePath("/nix/store/00000000000000000000000000000000-p");

Deno.test("writeArchives() has tar archives for a guest that can't mount file systems", async () => {
  await using scratch = new Scratch();
  const storeRoot = `${scratch.path}/root`, work = `${scratch.path}/work`;
  await Deno.mkdir(`${storeRoot}${PATH}`, { recursive: true });
  await Deno.mkdir(work);
  const layer = layerOf(
    "base",
    await makeTar(
      { name: "etc", type: "directory", mode: 0o755 },
      { name: "etc/link", type: "symlink", linkname: "f", uid: 5, gid: 6 },
    ),
  );
  const tree: RootTree = new Map([["own", {
    ...{ path: "own", type: "symlink", mode: 0o777, uid: 7, gid: 8, size: 0, target: "etc" },
    origin: "own",
  }]]);
  const sources = { base: { layers: [layer] }, storePaths: [PATH], storeRoot, work };
  const { archives, disks } = await writeArchives(tree, sources, false);
  assert.deepEqual(
    archives.map(({ directory, ownedLinks = [] }) => [
      directory,
      ...ownedLinks.map(({ path, uid, gid }) => `${path} ${uid}:${gid}`),
    ]),
    [["lower", "etc/link 5:6"], ["upper", "own 7:8"], ["store"]],
  );
  const roots = await readRoots(disks);
  assert.deepEqual(roots.map(({ order }) => order), [
    [".", "./etc", "./etc/link"],
    [".", "./own"],
    [PATH.slice(1)],
  ]);
  assert.ok(archives.every(({ isFileSystem }) => !isFileSystem));
});
