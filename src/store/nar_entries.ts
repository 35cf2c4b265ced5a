/**
 * What the nodes of a NAR are as files of a store path.
 * @module
 */

import { compareCodePoints } from "../tar/name.ts";
import type { NarNode } from "./nar.ts";
import type { TreeEntry } from "./tree.ts";

/** The file that a node is, with the mode that Nix gives to all that it adds to a store. */
export function treeEntryOf(top: string, node: NarNode): TreeEntry {
  const { path, type, executable, size, target } = node;
  const mode = type === "symlink" ? 0o777 : type === "directory" || executable ? 0o555 : 0o444;
  return { path: top + path, type, mode, size, target };
}

/** The order of files in a layer: by component and code point, which in a NAR is by bytes. */
export function comparePaths(a: Pick<TreeEntry, "path">, b: Pick<TreeEntry, "path">): number {
  const x = a.path.split("/"), y = b.path.split("/");
  for (let i = 0; i < x.length && i < y.length; i++) {
    const order = compareCodePoints(x[i]!, y[i]!);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}
