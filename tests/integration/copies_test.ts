/**
 * What copyToRoot becomes, against what nixpkgs makes it with: rsync.
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { copiesOf } from "../../src/rootfs/copies.ts";
import { inDirectory } from "../support/directories.ts";
import { directories, type Tree, WILD_NAMES } from "../support/farms.ts";
import { askPython } from "../support/python.ts";
import { textOf } from "../support/entry_content.ts";
import { samples, SEED } from "../support/samples.ts";
import { storePath } from "../support/store_paths.ts";

/** Store paths, and the items to copy. */
interface CopyCase {
  readonly trees: Readonly<Record<string, Tree>>;
  readonly items: readonly string[];
  /** Whether symlinks to directories stay. */
  readonly keep: boolean;
  /** Whether modes are those of a real store. */
  readonly canonical: boolean;
}

/** Type, mode, content or target. */
type Listing = Record<string, [type: string, mode: number, what: string]>;

const A = storePath("a", "a"), B = storePath("b", "b"), C = storePath("c", "c");

/** Each is done with symlinks that are followed, and with symlinks that stay. */
const TREES: Record<string, Record<string, Tree>> = {
  "nothing": {},
  "files, directories, empty ones": {
    [A]: { bin: { f: "f", empty: {} }, e: {}, "with blank": { "new\nline": "", "'\"": "q" } },
  },
  "files that overwrite": {
    [A]: { f: "1", g: "longer", same: "x", l: "file" },
    [B]: { f: "2", g: "short", same: "x", l: ["elsewhere"] },
    [C]: { f: "3", l: "file again" },
  },
  "directories of the same name": {
    [A]: { bin: { a: "" }, "x": { y: {} } },
    [B]: { bin: { b: "" }, x: { y: { z: "" } } },
  },
  "a directory in the place of a file and of a link to nothing": {
    [A]: { x: "", y: ["nowhere"] },
    [B]: { x: { in: "" }, y: { in: "" } },
  },
  "a file in the place of an empty directory": { [A]: { x: {} }, [B]: { x: "" } },
  "a link in the place of an empty directory": { [A]: { x: {} }, [B]: { x: ["gone"] } },
  "a file in the place of a full directory": { [A]: { x: { y: "" } }, [B]: { x: "" } },
  "a link in the place of a full directory": { [A]: { x: { y: "" } }, [B]: { x: ["gone"] } },
  "links to a directory beside them": {
    [A]: { lib: { f: "", d: { g: "" } }, lib64: ["lib"], l: ["lib64/d"], file: ["lib/f"] },
  },
  "a directory in the place of a link to one": {
    [A]: { lib: { f: "a" }, lib64: ["lib"], up: { lib: ["../lib"] } },
    [B]: { lib64: { g: "b", f: "changed" }, up: { lib: { h: "" } } },
  },
  "two ways to one directory": {
    [A]: { lib: { f: "a", d: {} }, "lib-x": ["lib"], lib64: ["lib"], k: ["lib"] },
    [B]: { lib: { f: "1" }, "lib-x": { f: "2" }, lib64: { f: "3" }, k: { f: "4" } },
  },
  "a link in the place of a link to a directory": {
    [A]: { lib: {}, other: {}, x: ["lib"], y: ["lib"] },
    [B]: { x: ["other"], y: "file" },
    [C]: { x: { f: "" }, y: { f: "" } },
  },
  "links through links": {
    [A]: { a: ["b"], b: ["c/d"], c: ["e"], e: { d: { f: "" } }, loop: ["loop"], x: ["e/d/f/g"] },
    [B]: { a: { g: "" }, loop: { h: "" } },
  },
};

/** What only links that are followed can be compared with: rsync would write where others lead. */
const FOLLOWED: Record<string, Record<string, Tree>> = {
  "links to other store paths": {
    [A]: { share: [`${B}/share`], all: [B], deep: [`${B}/share/man`], file: [`${B}/share/f`] },
    [B]: { share: { f: "f", man: { x: "" }, more: [`${C}/more`] } },
    [C]: { more: { y: "", back: ["../file"] }, file: "" },
  },
  "links to nothing, to no directory, out of the store": {
    [A]: { a: [`${B}/gone`], b: [`${B}/f`], c: [storePath("gone")], d: ["/usr"], e: [`${B}/f/x`] },
    [B]: { f: "" },
  },
  "links that leave and come back": {
    [A]: { a: [`${B}/../${A.slice("/nix/store/".length)}/d`], d: { f: "" }, x: ["d/../d/."] },
    [B]: {},
  },
};

const NAMES = ["a", "b", "a-b", "a.b", "ab", "é", "文", "\uffff", "😀"];
const CONTENTS = ["", "1", "2", "content"];

function casesOf(trees: Record<string, Record<string, Tree>>, keep: boolean): [string, CopyCase][] {
  return Object.entries(trees).map(([name, trees]) => {
    const items = Object.keys(trees);
    return [`${name}${keep ? ", links kept" : ""}`, { trees, items, keep, canonical: false }];
  });
}

/** Links lead to what is beside them and, where they are followed, to the last tree. */
function randomCases(count: number, keep: boolean, wild: boolean): [string, CopyCase][] {
  const names = wild ? [...NAMES, ...WILD_NAMES] : NAMES;
  const beside = fc.constantFrom(...names, "a/b", "./b", "nowhere");
  const inLast = fc.constantFrom(...names.map((name) => `${C}/${name}`), `${C}/a/b`, C);
  const targets = keep ? beside : fc.oneof(beside, inLast);
  const tree = fc.tuple(directories(names, targets), fc.nat()).map(([tree]) => tree);
  const trees = fc.tuple(tree, tree, directories(names, beside));
  return samples(trees, count).map(([a, b, c], index) => [
    `${keep ? "kept" : "followed"} ${index}, seed ${SEED}`,
    {
      trees: { [A]: vary(a, "1"), [B]: vary(b, "2"), [C]: c },
      items: [A, B, C],
      keep,
      canonical: wild,
    },
  ]);
}

/** Gives the files of a tree another content. */
function vary(tree: Tree, content: string): Tree {
  if (typeof tree === "string") return CONTENTS.includes(tree) ? tree + content : tree;
  if (Array.isArray(tree)) return tree as readonly [string];
  return Object.fromEntries(
    Object.entries(tree).map(([name, child]) => [name, vary(child, content)]),
  );
}

async function compare(cases: readonly [string, CopyCase][]): Promise<number> {
  let failures = 0;
  await inDirectory(async (directory) => {
    const questions = cases.map(([, question]) => question);
    const answers = await askPython<{ root: string; entries?: Listing }[]>(
      "rsync_roots.py",
      questions,
      [directory],
    );
    for (const [index, { root, entries }] of answers.entries()) {
      const [name, { items, keep, trees }] = cases[index]!;
      const about = `${name}: ${JSON.stringify(trees)}`;
      const sources = items.map((path) => ({ kind: "store", path } as const));
      const owner = { uid: 0, gid: 0 };
      const making = copiesOf(sources, { keepContentsDirlinks: keep, storeRoot: root, owner });
      if (entries === undefined) {
        failures++;
        await assert.rejects(
          making,
          { name: "ImageError", message: /can't take the place/ },
          about,
        );
        continue;
      }
      const { tree, close } = await making;
      const made: Listing = {};
      for (const [path, entry] of tree) {
        const what = entry.type === "file" ? await textOf(entry) : entry.target;
        if (path !== "") made[path] = [entry.type, entry.mode, what];
      }
      await close?.();
      assert.deepEqual(made, entries, about);
      assert.equal(tree.get("")?.mode, 0o755);
    }
  });
  return failures;
}

Deno.test("copiesOf() makes what rsync makes: awkward trees", async () => {
  const cases = [...casesOf(TREES, false), ...casesOf(TREES, true), ...casesOf(FOLLOWED, false)];
  assert.equal(await compare(cases), 4);
});

Deno.test("copiesOf() makes what rsync makes: random trees", async () => {
  const cases = [...randomCases(12, false, false), ...randomCases(12, true, false)];
  const failures = await compare(cases);
  assert.ok(failures < cases.length, `rsync fails at all of them, seed ${SEED}`);
});

Deno.test("copiesOf() makes what rsync makes: names that are not UTF-8", async () => {
  await compare([...randomCases(4, false, true), ...randomCases(4, true, true)]);
});
