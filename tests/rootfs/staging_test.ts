import assert from "node:assert/strict";
import { listStaged } from "../../src/rootfs/staged_tree.ts";
import { stage } from "../../src/rootfs/staging.ts";
import type { RootEntry } from "../../src/rootfs/root_tree.ts";
import { inDirectory, output } from "../support/directories.ts";
import { type Listed, listTree, listWithPython, sorted, treeOf } from "../support/listed_trees.ts";

const OWNER = { uid: 1, gid: 2 };
const LONG = "n".repeat(200);

/** Whatever is hard about names, modes and kinds. */
const HARD: Listed[] = sorted([
  ["", "directory", 0o711, "", ""],
  ["plain", "file", 0o644, "", "text"],
  ["empty", "file", 0o600, "", ""],
  ["large", "file", 0o755, "", "x".repeat(300_000)],
  ["setuid", "file", 0o4755, "", "x"],
  ["setgid", "file", 0o2755, "", "x"],
  ["sticky", "directory", 0o1777, "", ""],
  ["forbidden", "directory", 0o555, "", ""],
  ["forbidden/file", "file", 0o444, "", "x"],
  ["forbidden/forbidden", "directory", 0o500, "", ""],
  ["forbidden/forbidden/caf\udce9", "file", 0o400, "", "raw"],
  ["link", "symlink", 0o777, "no such/target", ""],
  ["raw link", "symlink", 0o777, "caf\udce9\n", ""],
  ["fifo", "fifo", 0o622, "", ""],
  ["a 'b' \"c\" (d) $e `f` \\g *", "file", 0o644, "", "quotes"],
  ["new\nline", "directory", 0o755, "", ""],
  ["new\nline/-n\n", "file", 0o644, "", "newline"],
  [LONG, "directory", 0o755, "", ""],
  [`${LONG}/${LONG}`, "file", 0o644, "", "long"],
  ["\udcff", "directory", 0o550, "", ""],
  ["\udcff/\udcfe", "directory", 0o750, "", ""],
  ["\udcff/\udcfe/'\udce9\n", "fifo", 0o600, "", ""],
  ["\udcff/link\udce9", "symlink", 0o777, "\udcff", ""],
  ["\udcff/plain", "file", 0o644, "", "x"],
  ["\ufffd", "file", 0o644, "", "a name with U+FFFD itself"],
  [".nix-image-0", "file", 0o644, "", "taken"],
  ["..hidden", "file", 0o644, "", ""],
  ["-", "file", 0o644, "", ""],
]);

Deno.test("stage() writes what Python then finds, and listStaged() gives it back", async () => {
  await inDirectory(async (directory) => {
    await stage(treeOf(HARD), directory);
    assert.deepEqual(await listWithPython(directory), HARD);

    const tree = await listStaged(directory, { owner: OWNER });
    assert.deepEqual(await listTree(tree), HARD);
    for (const { uid, gid } of tree.values()) assert.deepEqual({ uid, gid }, OWNER);
  });
});

Deno.test("stage() makes missing parents, and leaves the root's mode alone without one", async () => {
  await inDirectory(async (directory) => {
    Deno.chmodSync(directory, 0o750);
    await stage(treeOf([["a/b/c", "file", 0o644, "", "x"]]), directory);
    assert.deepEqual(await listWithPython(directory), [
      ["", "directory", 0o750, "", ""],
      ["a", "directory", 0o755, "", ""],
      ["a/b", "directory", 0o755, "", ""],
      ["a/b/c", "file", 0o644, "", "x"],
    ]);
  });
});

const device = { major: 1, minor: 3 };
for (
  const [what, change, message] of [
    ["a device", { type: "character", device }, /^\/file is a device.*mknod in fakeRootCommands$/],
    ["attributes", { xattrs: new Map([["user.a", new Uint8Array(1)]]) }, /^\/file: .*permissions/],
    ["a file that shrank", { size: 5 }, /^\/origin\/file changed .*: expected 5 bytes, found 1$/],
  ] as [string, Partial<RootEntry>, RegExp][]
) {
  Deno.test(`stage() refuses ${what}`, async () => {
    await inDirectory(async (directory) => {
      const tree = treeOf([["file", "file", 0o644, "", "x"]]);
      const file = tree.get("file");
      assert.ok(file);
      tree.set("file", { ...file, ...change });
      await assert.rejects(stage(tree, directory), { name: "ImageError", message });
    });
  });
}

Deno.test("listStaged() reads what its owner made unreadable, and leaves its mode", async () => {
  await inDirectory(async (directory) => {
    await output(
      "sh",
      "-ec",
      `cd "$0"; mkdir d; echo x > d/f; ln d/f d/g; chmod 0 d/f d; chmod 755 .`,
      directory,
    );
    const tree = await listStaged(directory, { owner: OWNER });
    const expected: Listed[] = [
      ["", "directory", 0o755, "", ""],
      ["d", "directory", 0, "", ""],
      ["d/f", "file", 0, "", "x\n"],
      ["d/g", "file", 0, "", "x\n"],
    ];
    assert.deepEqual(await listTree(tree), expected);
    assert.deepEqual(await listTree(tree), expected);
    assert.equal(Deno.lstatSync(`${directory}/d/f`).mode, 0o100000);
  });
});

Deno.test("listStaged() refuses a socket by name", async () => {
  await inDirectory(async (directory) => {
    const bind = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])";
    await output("python3", "-c", bind, `${directory}/sock`);
    await assert.rejects(listStaged(directory, { owner: OWNER }), {
      name: "ImageError",
      message: /^\/sock is a socket/,
    });
  });
});
