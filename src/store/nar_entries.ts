/**
 * What the nodes of a NAR are as files of a store path.
 * @module
 */

import { compareCodePoints } from "../tar/name.ts";
import { type NarNode, NarReader } from "./nar.ts";
import type { NarPath } from "./nar_path.ts";
import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/** The file that a node is, with the mode that Nix gives to all that it adds to a store. */
export function treeEntryOf(top: string, node: NarNode): TreeEntry {
  const { path, type, executable, size, target } = node;
  const mode = type === "symlink" ? 0o777 : type === "directory" || executable ? 0o555 : 0o444;
  return { path: top + path, type, mode, size, target };
}

/**
 * The files of a NAR, in the order of a layer, from all of its bytes.
 *
 * @throws {ImageError} if it can not be had, or is not the right one.
 */
export async function listNar(path: StorePath, nar: NarPath): Promise<TreeEntry[]> {
  const reader = new NarReader(nar.open(), { of: `${path} from ${nar.from}`, size: nar.narSize });
  const entries: TreeEntry[] = [];
  try {
    for (let node = await reader.next(); node; node = await reader.next()) {
      entries.push(treeEntryOf(path, node));
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
  return entries.sort(comparePaths);
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
