/**
 * The names of a store path's files, whatever bytes they are made of.
 * @module
 */

import { NarTree } from "./nar_tree.ts";
import type { StorePath } from "./store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "./tree.ts";

/**
 * All entries of a store path, in the order of {@linkcode walkTree}.
 *
 * @param root the directory that holds `nix/store`: "" for the host's own
 * @throws {ImageError} if the path can not be read.
 */
export async function listTree(path: StorePath, root: string): Promise<readonly TreeEntry[]> {
  try {
    return [...walkTree(path, root)];
  } catch (error) {
    if (!(error instanceof LossyNameError)) throw error;
    return (await NarTree.list(path, root)).entries;
  }
}
