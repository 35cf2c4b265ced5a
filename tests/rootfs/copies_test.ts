import assert from "node:assert/strict";
import { copiesOf } from "../../src/rootfs/copies.ts";
import type { RootSource } from "../../src/spec/image_spec.ts";
import { inDirectory, makeFiles, output } from "../support/directories.ts";
import { described } from "../support/entry_content.ts";
import { storePath } from "../support/store_paths.ts";
import { makeTar } from "../support/tars.ts";

const A = storePath("a", "a"), B = storePath("b", "b");
const ROOT = { "": "directory 755 1:2" };

const store = (path: string): RootSource => ({ kind: "store", path });

/** Copies with symlinks followed, or kept. */
function copy(storeRoot: string, sources: readonly RootSource[], keepContentsDirlinks = false) {
  return copiesOf(sources, { keepContentsDirlinks, storeRoot, owner: { uid: 1, gid: 2 } });
}

Deno.test("copiesOf() copies files with their modes, hard links as files", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, { "bin/f": "content", "empty": null, "l": "-> bin/f" });
    Deno.linkSync(`${root}${A}/bin/f`, `${root}${A}/hard`);
    Deno.chmodSync(`${root}${A}/bin/f`, 0o4555);
    for (const name of ["/bin", "/empty", ""]) Deno.chmodSync(root + A + name, 0o555);
    const { tree, notices, clashes } = await copy(root, [store(A)]);
    assert.deepEqual(await described(tree), {
      ...ROOT,
      hard: "file 4555 1:2 content",
      l: "symlink 777 1:2 -> bin/f",
      bin: "directory 555 1:2",
      empty: "directory 555 1:2",
      "bin/f": "file 4555 1:2 content",
    });
    assert.deepEqual([...notices, ...clashes], []);
    assert.deepEqual(await described((await copy(root, [store(`${A}/bin`)])).tree), {
      ...ROOT,
      f: "file 4555 1:2 content",
    });
  });
});

Deno.test("copiesOf() reports what differs and is overwritten", async () => {
  await inDirectory(async (root) => {
    makeFiles(root + A, {
      "same": "same",
      "content": "1",
      "size": "1",
      "link": "-> a",
      "same-link": "-> a",
      "kind": "file",
      "dir/f": "",
      "empty": null,
    });
    makeFiles(root + B, {
      "same": "same",
      "content": "2",
      "size": "22",
      "link": "-> b",
      "same-link": "-> a",
      "kind/f": "",
      "dir/g": "",
      "empty": "file",
    });
    const clash = (name: string) => `${root}${A}/${name} is overwritten by ${root}${B}/${name}`;
    const { tree, clashes } = await copy(root, [store(A), store(B)]);
    assert.deepEqual(clashes.toSorted(), ["content", "empty", "kind", "link", "size"].map(clash));
    const texts = await described(tree);
    assert.equal(texts.content, "file 644 1:2 2");
    assert.equal(texts.link, "symlink 777 1:2 -> b");
    assert.equal(texts["kind/f"], "file 644 1:2 ");
    assert.deepEqual((await copy(root, [store(A), store(A)])).clashes, []);
  });
});

Deno.test("copiesOf() refuses what rsync fails at", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, { [`${A}/d/f`]: "", [`${B}/d`]: "", "file": "" });
    const refused = (sources: RootSource[], message: string, keep = false) =>
      assert.rejects(copy(root, sources, keep), { name: "ImageError", message });
    const wants =
      "is a file, but copyToRoot wants directories, whose content it copies to the root";
    await refused([store(`${A}/d/f`)], `copyToRoot: ${A}/d/f ${wants}`);
    await refused(
      [{ kind: "directory", path: `${root}/file` }],
      `copyToRoot: ${root}/file ${wants}`,
    );
    await refused(
      [store(A), store(B)],
      `${root}${B}/d can't take the place of the directory ${root}${A}/d, ` +
        "as there is something in /d already",
    );
    makeFiles(root, { [`${A}/share`]: `-> ${B}/share`, [`${B}/share/f`]: "" });
    makeFiles(root, { [`${storePath("c", "c")}/share/g`]: "" });
    await refused(
      [store(A), store(storePath("c", "c"))],
      `${root}${storePath("c", "c")}/share can't be merged into ${B}/share, where ` +
        `${root}${A}/share leads: leave keepContentsDirlinks out, or give the directory but once`,
      true,
    );
    await refused(
      [store(storePath("gone"))],
      `${root}${storePath("gone")} is not there: it was removed, or never made on this host`,
    );
  });
});

Deno.test("copiesOf() keeps a symlink to a directory that it lies in", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      [`${A}/include/f`]: "",
      [`${A}/include/self`]: "-> .",
      [`${A}/include/up`]: `-> ${B}/d`,
      [`${B}/d/back`]: `-> ${A}`,
    });
    const { tree, notices } = await copy(root, [store(A)]);
    assert.deepEqual(await described(tree), {
      ...ROOT,
      include: "directory 755 1:2",
      "include/f": "file 644 1:2 ",
      "include/self": "symlink 777 1:2 -> .",
      "include/up": "directory 755 1:2",
      "include/up/back": `symlink 777 1:2 -> ${A}`,
    });
    assert.deepEqual(notices, [
      `${root}${A}/include/self is kept as a symlink: it leads to a directory that it lies in`,
      `${root}${B}/d/back is kept as a symlink: it leads to a directory that it lies in`,
    ]);
  });
});

Deno.test("copiesOf() takes absolute symlinks of the root as those of the image", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      [`${A}/usr/lib/f`]: "",
      [`${A}/lib`]: "-> /usr/lib",
      [`${A}/over`]: "-> ../../../usr",
      [`${B}/lib/g`]: "",
      [`${B}/over/lib/h`]: "",
    });
    const { tree, clashes } = await copy(root, [store(A), store(B)], true);
    assert.deepEqual([...tree.keys()].sort(), [
      "",
      "lib",
      "over",
      "usr",
      "usr/lib",
      "usr/lib/f",
      "usr/lib/g",
      "usr/lib/h",
    ]);
    assert.deepEqual(clashes, []);
  });
});

Deno.test("copiesOf() follows links of a directory within it and into the store", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      [`${A}/share/f`]: "store",
      "d/real/x": "x",
      "d/inside": "-> real",
      "d/absolute": `-> ${root}/d/real`,
      "d/store": `-> ${A}/share`,
      "d/outside": "-> ../other",
      "d/usr": "-> /usr",
      "other/y": "",
    });
    await output("mkfifo", "-m", "644", `${root}/d/fifo`);
    const sources: RootSource[] = [{ kind: "directory", path: `${root}/d` }];
    assert.deepEqual(await described((await copy(root, sources)).tree), {
      ...ROOT,
      fifo: "fifo 644 1:2",
      outside: "symlink 777 1:2 -> ../other",
      usr: "symlink 777 1:2 -> /usr",
      absolute: "directory 755 1:2",
      "absolute/x": "file 644 1:2 x",
      inside: "directory 755 1:2",
      "inside/x": "file 644 1:2 x",
      real: "directory 755 1:2",
      "real/x": "file 644 1:2 x",
      store: "directory 755 1:2",
      "store/f": "file 644 1:2 store",
    });
  });
});

Deno.test("copiesOf() takes a tarball as it is", async () => {
  await inDirectory(async (root) => {
    const path = `${root}/a.tar`;
    const tar = await makeTar(
      { name: "./", type: "directory", mode: 0o700, uid: 9 },
      { name: "tmp", type: "directory", mode: 0o1777 },
      { name: "usr/lib/f", content: "f", uid: 7, gid: 8 },
      { name: "lib", type: "symlink", linkname: "usr/lib" },
    );
    Deno.writeFileSync(path, tar);
    const { tree, close } = await copy(root, [{ kind: "tarball", path }]);
    assert.deepEqual(await described(tree), {
      ...ROOT,
      lib: "symlink 777 0:0 -> usr/lib",
      tmp: "directory 1777 0:0",
      usr: "directory 755 1:2",
      "usr/lib": "directory 755 1:2",
      "usr/lib/f": "file 644 7:8 f",
    });
    await close?.();
  });
});
