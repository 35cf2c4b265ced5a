/** Contents of images, and the symlink farms that lndir makes of them. */

import fc from "fast-check";
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

const WILD_NAMES = ["caf\udce9", "\udcff", "\udc80", "é\udcc3", "ok"];

const targets = fc.oneof(
  fc.constantFrom("bin", "../lib", "/nix/store", "/nowhere", "文", "."),
  fc.integer({ min: 99, max: 101 }).map((length) => "t".repeat(length)),
);

function directories(names: readonly string[]): fc.Arbitrary<Tree> {
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
  const trees = fc.array(directories(wild ? [...PLAIN_NAMES, ...WILD_NAMES] : PLAIN_NAMES), {
    minLength: 1,
    maxLength: 4,
  });
  return samples(trees, count).map((trees, index) => {
    const paths = trees.map((_, place) => storePath("content", `${index}x${place}`));
    return {
      trees: Object.fromEntries(trees.map((tree, place) => [paths[place]!, tree])),
      contents: paths,
    };
  });
}
