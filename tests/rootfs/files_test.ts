import assert from "node:assert/strict";
import { addFiles } from "../../src/rootfs/files.ts";
import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";
import type { SpecFile } from "../../src/spec/image_spec.ts";
import { textOf } from "../support/entry_content.ts";

const OWNER = { uid: 7, gid: 8 };

function tree(...entries: [path: string, type: RootEntry["type"]][]): RootTree {
  return new Map(entries.map(([path, type]) => [path, {
    path,
    type,
    mode: 0o700,
    uid: 1,
    gid: 1,
    size: 0,
    target: "",
    origin: `/source/${path}`,
  }]));
}

function added(root: RootTree, ...files: SpecFile[]) {
  const clashes = addFiles(root, files, OWNER);
  const shown = Object.fromEntries(
    Array.from(root, ([path, { type, mode, uid, gid }]) => [path, [type, mode, uid, gid]]),
  );
  return { clashes, shown };
}

Deno.test("addFiles() adds files, links and directories, and what they are in", async () => {
  const root = tree();
  const { clashes, shown } = added(
    root,
    { type: "file", path: "/etc/a", text: "ä\n" },
    { type: "file", path: "/etc/b", text: "", mode: 0o4755, uid: 5 },
    { type: "symlink", path: "/bin/sh", target: "/x", gid: 6 },
    { type: "directory", path: "/build" },
    { type: "directory", path: "/tmp", mode: 0o1777, uid: 0, gid: 0 },
  );
  assert.deepEqual(clashes, []);
  assert.deepEqual(shown, {
    "etc/a": ["file", 0o644, 7, 8],
    "etc/b": ["file", 0o4755, 5, 8],
    "bin/sh": ["symlink", 0o777, 7, 6],
    build: ["directory", 0o755, 7, 8],
    tmp: ["directory", 0o1777, 0, 0],
    etc: ["directory", 0o755, 7, 8],
    bin: ["directory", 0o755, 7, 8],
  });
  assert.equal(await textOf(root.get("etc/a")!), "ä\n");
  assert.equal(root.get("etc/a")?.size, 3);
  assert.equal(root.get("bin/sh")?.target, "/x");
});

Deno.test("addFiles() wins over what is there, and tells of it", () => {
  const root = tree(["etc", "directory"], ["etc/a", "symlink"], ["empty", "directory"]);
  const { clashes, shown } = added(
    root,
    { type: "directory", path: "/etc", uid: 2 },
    { type: "file", path: "/etc/a", text: "" },
    { type: "symlink", path: "/empty", target: "etc" },
  );
  assert.deepEqual(clashes, [
    "/etc/a of /source/etc/a is hidden by files of the spec",
    "/empty of /source/empty is hidden by files of the spec",
  ]);
  assert.deepEqual(shown, {
    etc: ["directory", 0o755, 2, 8],
    "etc/a": ["file", 0o644, 7, 8],
    empty: ["symlink", 0o777, 7, 8],
  });
});

Deno.test("addFiles() refuses what can not be there", () => {
  const file = (path: string): SpecFile => ({ type: "file", path, text: "" });
  assert.throws(
    () => added(tree(["etc", "symlink"]), file("/a"), file("/etc/b/c")),
    /UsageError: files\[1\]: there can be no \/etc\/b\/c: \/etc is no directory \(.* \/source\/etc\)/,
  );
  assert.throws(() => added(tree(), file("/a"), file("/a/b")), /\/a is no directory/);
  assert.throws(() => added(tree(), file("/a/b/c"), file("/a")), /\/a is a directory that has/);
  assert.throws(
    () => added(tree(["etc", "directory"], ["etc/a", "file"]), file("/etc")),
    /files\[0\]: \/etc is a directory that has something in it/,
  );
});
