import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { openFile } from "../../src/store/files.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../../src/store/tree.ts";
import { inDirectory, makeFiles, output } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const TREE = storePath("tree");

function imageError(message: string | RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ImageError, String(error));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

Deno.test("walkTree() goes by path component and code point", async () => {
  await inDirectory((root) => {
    // Sorted in this order by `sorted(pathlib.Path(…).rglob("*"))`.
    const names = ["A", "_", "a", "a/f", "a/g", "a b", "a-b", "a.b", "aa", "aa/x", "z", "~", "é"];
    const beyond = ["\ud7ff", "\ue000", "\uffff", "😀"];
    const files = [...names, ...beyond].filter((name) => !["a", "aa"].includes(name));
    makeFiles(root + TREE, Object.fromEntries(files.reverse().map((name) => [name, "x"])));
    assert.deepEqual(
      Array.from(walkTree(TREE, root), ({ path }) => path),
      [TREE, ...[...names, ...beyond].map((name) => `${TREE}/${name}`)],
    );
  });
});

Deno.test("walkTree() tells kind, mode, size and target", async () => {
  await inDirectory((root) => {
    makeFiles(root + TREE, {
      "dir": null,
      "exe": "12345",
      "file": "",
      "link-to-dir": "-> dir",
      "nowhere": "-> /nowhere at all/文",
    });
    for (const [name, mode] of [["dir", 0o555], ["exe", 0o4751], ["file", 0o444], ["", 0o755]]) {
      Deno.chmodSync(`${root}${TREE}/${name}`, mode as number);
    }
    const entry = (
      path: string,
      type: TreeEntry["type"],
      mode: number,
      size = 0,
      target = "",
    ) => ({ path: TREE + path, type, mode, size, target });
    assert.deepEqual([...walkTree(TREE, root)], [
      entry("", "directory", 0o755),
      entry("/dir", "directory", 0o555),
      entry("/exe", "file", 0o4751, 5),
      entry("/file", "file", 0o444),
      entry("/link-to-dir", "symlink", 0o777, 0, "dir"),
      entry("/nowhere", "symlink", 0o777, 0, "/nowhere at all/文"),
    ]);
  });
});

Deno.test("walkTree() takes a store path that is a file or a symlink", async () => {
  await inDirectory((root) => {
    const [file, link] = [storePath("file"), storePath("link")];
    makeFiles(root, { [file]: "abc", [link]: `-> ${TREE}` });
    makeFiles(root + TREE, { inner: "x" });
    Deno.chmodSync(root + file, 0o444);
    assert.deepEqual(
      [...walkTree(file, root)],
      [{ path: file, type: "file", mode: 0o444, size: 3, target: "" }],
    );
    assert.deepEqual(
      [...walkTree(link, root)],
      [{ path: link, type: "symlink", mode: 0o777, size: 0, target: TREE }],
    );
  });
});

Deno.test("walkTree() refuses a FIFO and a socket with the path", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + TREE, { dir: null });
    const physical = `${root}${TREE}/dir/special`;
    await output("mkfifo", physical);
    const message = `${physical} is neither a file, a directory nor a symlink`;
    assert.throws(() => [...walkTree(TREE, root)], imageError(message));
    await Deno.remove(physical);
    const listener = Deno.listen({ transport: "unix", path: physical });
    assert.throws(() => [...walkTree(TREE, root)], imageError(message));
    listener.close();
  });
});

Deno.test("walkTree() names a store path that is not there", () => {
  assert.throws(
    () => [...walkTree(TREE, "/nowhere")],
    imageError(`/nowhere${TREE} is not there: it was removed, or never made on this host`),
  );
});

Deno.test("walkTree() tells names and targets that Deno does not show", async () => {
  for (const lossy of ["caf\\351", "ok\\357\\277\\275"]) {
    await inDirectory(async (root) => {
      makeFiles(root + TREE, { dir: null });
      await output("sh", "-c", `: > "$0/$(printf '${lossy}')"`, root + TREE);
      assert.throws(() => [...walkTree(TREE, root)], LossyNameError);
    });
    await inDirectory(async (root) => {
      makeFiles(root + TREE, { dir: null });
      await output("sh", "-c", `ln -s "$(printf '${lossy}')" "$0"/link`, root + TREE);
      assert.throws(() => [...walkTree(TREE, root)], LossyNameError);
    });
  }
});

Deno.test("openFile() reads a file and closes it", async () => {
  await inDirectory(async (directory) => {
    makeFiles(directory, { file: "0123456789" });
    const content = openFile(`${directory}/file`);
    const buffer = new Uint8Array(8);
    assert.equal(await content.read(buffer), 8);
    assert.equal(await content.read(buffer), 2);
    assert.equal(await content.read(buffer), 0);
    content.close();
    assert.equal(new TextDecoder().decode(buffer), "89234567");
  });
});

Deno.test("openFile() names a file that can not be opened or read", async () => {
  await inDirectory(async (directory) => {
    assert.throws(() => openFile(`${directory}/gone`), imageError(/\/gone is not there: /));
    const long = `${directory}/${"n".repeat(256)}`;
    assert.throws(() => openFile(long), imageError(new RegExp(`^Cannot read ${long}: .*too long`)));
    const content = openFile(directory);
    await assert.rejects(
      async () => await content.read(new Uint8Array(1)),
      imageError(new RegExp(`^Cannot read ${directory}: .*[Ii]s a directory`)),
    );
    content.close();
  });
});
