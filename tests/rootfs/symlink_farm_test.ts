import assert from "node:assert/strict";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { type FarmCase, farmOf, randomFarms, withFarms } from "../support/farms.ts";
import { SEED } from "../support/samples.ts";
import { storePath } from "../support/store_paths.ts";

const A = storePath("a", "a"), B = storePath("b", "b"), C = storePath("c", "c");
const LINK = storePath("link", "d");

/** The cases that lndir treats in its own way; each is a set of trees for A, B and C. */
const CASES: Record<string, FarmCase> = {
  "nothing": { trees: {}, contents: [] },
  "an empty directory": { trees: { [A]: {} }, contents: [A] },
  "directories of the same name": {
    trees: { [A]: { bin: { a: "" }, e: {} }, [B]: { bin: { b: "", a: "" }, e: {} } },
    contents: [A, B],
  },
  "the first of two files": {
    trees: { [A]: { f: "1" }, [B]: { f: "2", g: "2" } },
    contents: [B, A],
  },
  "a file where a directory is": {
    trees: { [A]: { x: { y: "" } }, [B]: { x: "", z: "" }, [C]: { x: { z: "" } } },
    contents: [A, B, C],
  },
  "a directory where a file is": {
    trees: { [A]: { x: "" }, [B]: { x: { y: { z: "" } } }, [C]: { x: { w: "" } } },
    contents: [A, B, C],
  },
  "symlinks, whatever they point to": {
    trees: {
      [A]: { d: { f: "" }, to: ["d"], gone: ["nowhere"], abs: [`${B}/f`], up: ["../../x"] },
      [B]: { f: "", to: { f: "" }, gone: { f: "" }, d: ["elsewhere"] },
    },
    contents: [A, B],
  },
  "names that lndir passes over": {
    trees: {
      [A]: {
        "a~": "",
        "b~": { c: "" },
        "~": ["x"],
        "~d": "",
        ...Object.fromEntries(
          ["BitKeeper", "CVS", "CVS.adm", "RCS", "SCCS", ".git", ".hg", ".svn", ".bzr"].map(
            (name) => [name, { below: { it: "" } }],
          ),
        ),
        files: { CVS: "", ".git": ["x"] },
      },
      [B]: { ".git": "", CVS: ["y"], b: "" },
    },
    contents: [A, B],
  },
  "a directory below a store path": {
    trees: { [A]: { share: { doc: { f: "", e: {} } }, sharex: { g: "" } } },
    contents: [`${A}/share`, `${A}/share/doc`],
  },
  "a store path that is a symlink to another": {
    trees: { [LINK]: [A.slice("/nix/store/".length)], [A]: { bin: { f: "", l: ["f"] } } },
    contents: [LINK, A, `${LINK}/bin`],
  },
  "a directory behind symlinks within a store path": {
    trees: { [A]: { v: { "1": { share: { f: "" } } }, now: ["v/1"], s: ["now/share"] } },
    contents: [`${A}/s`, `${A}/now/share`, `${A}/now`],
  },
  "files, which are left out": {
    trees: { [A]: "a file", [B]: { f: "" } },
    contents: [A, `${B}/f`, B],
  },
};

Deno.test("symlinkFarm() makes what lndir makes", async () => {
  const names = new Map(Object.entries(CASES).map(([name, farmCase]) => [farmCase, name]));
  await withFarms([...names.keys(), ...randomFarms(70)], async (farmCase, expected) => {
    const about = names.get(farmCase) ?? `seed ${SEED}: ${JSON.stringify(farmCase)}`;
    const { tree } = await farmOf(farmCase.contents, expected.root);
    const made = new Map(
      Array.from(tree, ([path, { type, target }]) => [path, type === "directory" ? null : target]),
    );
    assert.deepEqual(Object.fromEntries(made), expected.entries, about);
    // Each directory comes before what is in it.
    const seen = new Set([""]);
    for (const [path, target] of made) {
      assert.ok(seen.has(path.slice(0, Math.max(0, path.lastIndexOf("/")))), about);
      if (target === null) seen.add(path);
    }
  });
});

Deno.test("symlinkFarm() tells what it leaves out", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      [`${A}/dir/f`]: "",
      [`${A}/f`]: "",
      [`${A}/link`]: "-> same",
      [B]: "a file",
      [`${C}/dir`]: "hidden by a directory",
      [`${C}/f/x`]: "below what is hidden",
      [`${C}/link`]: "-> same",
    });
    const { notices, clashes } = await farmOf([A, B, C], root);
    assert.deepEqual(notices, [
      `${B} is a file: it is in the image's store, but not linked from its root`,
    ]);
    assert.deepEqual(clashes, [
      `${C}/dir is hidden by the directory ${A}/dir`,
      `${C}/f is hidden by ${A}/f`,
    ]);
    assert.deepEqual((await farmOf([A, A], root)).clashes, []);
  });
});

Deno.test("symlinkFarm() follows contents that are symlinks, absolute ones within the root", async () => {
  await inDirectory(async (root) => {
    const other = storePath("link", "f");
    makeFiles(root, { [`${A}/share/f`]: "", [LINK]: `-> ${other}`, [other]: `-> ${A}/share` });
    const { tree } = await farmOf([LINK], root);
    assert.deepEqual(Array.from(tree, ([path, { target }]) => [path, target]), [
      ["f", `${LINK}/f`],
    ]);
  });
});

Deno.test("symlinkFarm() refuses contents that can not be followed", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, { [A]: "-> /etc", [B]: `-> ${C}`, [C]: `-> ${B}` });
    const rejected = (content: string, message: string) =>
      assert.rejects(farmOf([content], root), { name: "ImageError", message });
    await rejected(A, `${A} is a symlink to /etc, outside of the Nix store`);
    await rejected(B, `${B}: too many levels of symlinks`);
    await rejected(
      LINK,
      `${root}${LINK} is not there: it was removed, or never made on this host`,
    );
  });
});
