/** Contents of images, and the symlink farms that lndir makes of them. */

import fc from "fast-check";
import type { RootLayout } from "../../src/rootfs/root_layout.ts";
import type { RootEntry, RootTree } from "../../src/rootfs/root_tree.ts";
import { symlinkFarm } from "../../src/rootfs/symlink_farm.ts";
import { inDirectory } from "./directories.ts";
import { askPython } from "./python.ts";
import { samples } from "./samples.ts";
import { storePath } from "./store_paths.ts";

/** A file's content, a list with a symlink's target, or a directory's entries. */
export type Tree = string | readonly [string] | { readonly [name: string]: Tree };

/** Store paths, and which of them (or what in them) an image has as its contents. */
export interface FarmCase {
  readonly trees: Readonly<Record<string, Tree>>;
  readonly contents: readonly string[];
}

/** What lndir and GNU tar make of a case. */
export interface Farm {
  /** The directory that holds its `nix/store`. */
  readonly root: string;
  /** Targets of symlinks, null for directories. */
  readonly entries: Readonly<Record<string, string | null>>;
  readonly tar: Uint8Array;
}

/** The farm that the program makes of store paths, owned by root. */
export function farmOf(contents: readonly string[], root: string): Promise<RootLayout> {
  const sources = contents.map((path) => ({ kind: "store", path } as const));
  return symlinkFarm(sources, root, { uid: 0, gid: 0 });
}

/** A tree of symlinks and, where there is no target, directories. */
export function linksAndDirectories(entries: readonly [path: string, target?: string][]): RootTree {
  return new Map(entries.map(([path, target]): [string, RootEntry] => {
    const [type, mode] = target === undefined ? ["directory", 0o755] : ["symlink", 0o777];
    const rest = { uid: 0, gid: 0, size: 0, target: target ?? "", origin: `/${path}` };
    return [path, { path, type, mode, ...rest } as RootEntry];
  }));
}

/** Makes the store paths of all cases and their farms; `use` gets one after the other. */
export async function withFarms(
  cases: readonly FarmCase[],
  use: (farmCase: FarmCase, farm: Farm) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const farms = await askPython<(Omit<Farm, "tar"> & { tar: string })[]>(
      "lndir_farms.py",
      cases,
      [directory],
    );
    for (const [index, farm] of farms.entries()) {
      await use(cases[index]!, { ...farm, tar: Uint8Array.fromBase64(farm.tar) });
    }
  });
}

const PLAIN_NAMES = [
  "bin",
  "lib",
  "share",
  "a",
  "a-b",
  "a.b",
  "a b",
  "aa",
  "~",
  "b~",
  "~b",
  "CVS",
  "CVS.adm",
  "RCS",
  "SCCS",
  "BitKeeper",
  ".git",
  ".hg",
  ".svn",
  ".gitignore",
  "é",
  "文件",
  "\ue000",
  "😀",
  "l".repeat(40),
  "m".repeat(97),
  "n".repeat(98),
  "o".repeat(120),
];

/** Names that are not UTF-8, among others. */
export const WILD_NAMES = ["caf\udce9", "\udcff", "\udc80", "é\udcc3", "ok"];

const targets = fc.oneof(
  fc.constantFrom("bin", "../lib", "/nix/store", "/nowhere", "文", "."),
  fc.integer({ min: 99, max: 101 }).map((length) => "t".repeat(length)),
);

/** Directories of files, directories and symlinks to `targets`. */
export function directories(
  names: readonly string[],
  targets: fc.Arbitrary<string>,
): fc.Arbitrary<Tree> {
  const { directory } = fc.letrec<{ node: Tree; directory: Tree }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constant("content"),
      targets.map((target): Tree => [target]),
      tie("directory"),
      tie("directory"),
    ),
    directory: fc.dictionary(fc.constantFrom(...names), tie("node"), { maxKeys: 6 }),
  }));
  return directory;
}

/** Random cases; `wild` ones have names that are not UTF-8. */
export function randomFarms(count: number, wild = false): FarmCase[] {
  const names = wild ? [...PLAIN_NAMES, ...WILD_NAMES] : PLAIN_NAMES;
  const trees = fc.array(directories(names, targets), { minLength: 1, maxLength: 4 });
  return samples(trees, count).map((trees, index) => {
    const paths = trees.map((_, place) => storePath("content", `${index}x${place}`));
    return {
      trees: Object.fromEntries(trees.map((tree, place) => [paths[place]!, tree])),
      contents: paths,
    };
  });
}
