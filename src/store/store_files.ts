/**
 * Where on the disk store paths are.
 * @module
 */

import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/** Knows where store paths are, and has them come there. */
export interface StoreFiles {
  /**
   * The directory that holds `nix/store` with this path in it; "" for the host's own. Whether it is
   * there at all is not checked.
   *
   * @throws {ImageError} if it has to be fetched, and can't be.
   */
  rootOf(path: StorePath): Promise<string>;
  /**
   * The files of a path that may not be under {@linkcode rootOf} yet, in the order of a layer, as its
   * hash vouches for them; undefined for one that is on the disk, to be looked at there.
   *
   * @throws {ImageError} if it has to be fetched, and can't be.
   */
  entriesOf(path: StorePath): Promise<readonly TreeEntry[] | undefined>;
  /** The directory that holds `nix/store` with all of these in it. */
  rootWith(paths: Iterable<StorePath>): Promise<string>;
}

/**
 * A store on the disk that has all that it will ever have.
 *
 * @param root the directory that holds `nix/store`: "" for the host's own
 */
export function storeOnDisk(root: string): StoreFiles {
  const known = Promise.resolve(root);
  const none = Promise.resolve(undefined);
  return { rootOf: () => known, rootWith: () => known, entriesOf: () => none };
}
