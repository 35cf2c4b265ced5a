import assert from "node:assert/strict";
import { BaseRoot } from "../../src/base/base_root.ts";
import { ImageError } from "../../src/errors.ts";
import type { Ext4Entry } from "../../src/vm/ext4/entry.ts";
import { upperTree } from "../../src/vm/upper_tree.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

let inodes = 10;

function entry(path: string, more: Partial<Ext4Entry> = {}): Ext4Entry {
  const inode = ++inodes;
  return {
    ...{ path, type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 5, target: "" },
    ...{ xattrs: new Map(), inode, links: 1, ...more },
  };
}

function directory(path: string, opaque = false): Ext4Entry {
  const xattrs = new Map(opaque ? [["trusted.overlay.opaque", bytes("y")]] : []);
  return entry(path, { type: "directory", mode: 0o755, size: 0, xattrs });
}

/** A base with a directory, and a file in another. */
const base = new BaseRoot([{
  tarSize: 0,
  entries: [
    { path: "directory", type: "directory", mode: 0o755, uid: 0, gid: 0, size: 0, target: "" },
    { path: "etc/file", type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, target: "" },
  ],
  storePaths: new Map(),
  whiteouts: [],
  opaque: [],
}]);

Deno.test("upperTree() marks what is deleted or replaced, where the base has it", () => {
  const device = { major: 0, minor: 0 };
  const tree = upperTree(
    [
      directory("etc"),
      entry("etc/file", { type: "character", device }),
      entry("etc/other", { type: "character", device }),
      directory("directory", true),
      directory("new", true),
      entry("null", { type: "character", device: { major: 1, minor: 3 } }),
    ],
    base,
    1 << 20,
  );
  assert.deepEqual([...tree.keys()], [
    ...["etc", "etc/.wh.file", "directory", "directory/.wh..wh..opq", "new", "null"],
  ]);
  assert.deepEqual(tree.get("null")?.device, { major: 1, minor: 3 });
  assert.ok([...tree.values()].every(({ xattrs }) => xattrs === undefined));
});

Deno.test("upperTree() refuses sockets", () => {
  assert.throws(
    () => upperTree([entry("run/s", { type: "socket" })], undefined, 1 << 20),
    (error) => error instanceof ImageError && error.message.startsWith("/run/s is a socket"),
  );
});

Deno.test("upperTree() refuses holes that would fill the disk several times, and counts hard links once", () => {
  const names = ["a", "b", "c"].map((path) => entry(path, { size: 1000, inode: 7, links: 3 }));
  assert.equal(upperTree(names, undefined, 1000).size, 3);
  assert.throws(
    () => upperTree([...names, entry("holes", { size: 4 * 2 ** 40 })], undefined, 2 ** 30),
    (error) => error instanceof ImageError && error.message.startsWith("/holes has 4398046511104"),
  );
});
