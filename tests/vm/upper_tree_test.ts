import assert from "node:assert/strict";
import { BaseRoot } from "../../src/base/base_root.ts";
import { ImageError } from "../../src/errors.ts";
import type { Ext4Entry } from "../../src/vm/ext4/entry.ts";
import { type Attributed, upperTree } from "../../src/vm/upper_tree.ts";

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

const NOTHING = new Map<string, Attributed>();

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
    NOTHING,
  );
  assert.deepEqual([...tree.keys()], [
    ...["etc", "etc/.wh.file", "directory", "directory/.wh..wh..opq", "new", "null"],
  ]);
  assert.deepEqual(tree.get("null")?.device, { major: 1, minor: 3 });
  assert.ok([...tree.values()].every(({ xattrs }) => xattrs === undefined));
});

Deno.test("upperTree() gives attributes back to files that are as they were, under all of their names", () => {
  const before = (more: Partial<Attributed> = {}): Attributed => ({
    ...{ uid: 0, gid: 0, size: 1, mtime: 5.9 },
    xattrs: new Map([["security.capability", bytes("c")], ["user.a", bytes("old")]]),
    ...more,
  });
  const attributed = new Map([
    ["mode", before()],
    ["owner", before({ uid: 1 })],
    ["content", before({ mtime: 4 })],
    ["linked", before()],
    ["directory", before({ mtime: 1 })],
    ["replaced", before()],
    ["gone", before()],
  ]);
  const tree = upperTree(
    [
      entry("mode", { mode: 0o600, xattrs: new Map([["user.a", bytes("new")]]) }),
      entry("owner"),
      entry("content"),
      entry("also", { inode: 7, links: 2 }),
      entry("linked", { inode: 7, links: 2 }),
      directory("directory"),
      directory("replaced", true),
    ],
    base,
    attributed,
  );
  const found = [...tree].filter(([, { xattrs }]) => xattrs).map(([path, { xattrs }]) => [
    path,
    ...Array.from(xattrs ?? [], ([name, value]) => `${name}=${new TextDecoder().decode(value)}`),
  ]);
  assert.deepEqual(found, [
    ["mode", "security.capability=c", "user.a=new"],
    ["also", "security.capability=c", "user.a=old"],
    ["linked", "security.capability=c", "user.a=old"],
    ["directory", "security.capability=c", "user.a=old"],
  ]);
});

Deno.test("upperTree() refuses sockets", () => {
  assert.throws(
    () => upperTree([entry("run/s", { type: "socket" })], undefined, NOTHING),
    (error) => error instanceof ImageError && error.message.startsWith("/run/s is a socket"),
  );
});
