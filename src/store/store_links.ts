/**
 * Symlinks from store path to store path, where these are not at /nix/store.
 * @module
 */

import { dirname, resolve } from "node:path/posix";
import type { StoreFiles } from "./store_files.ts";
import { enclosingStorePath, STORE_DIR } from "./store_path.ts";

/** As many symlinks as Linux follows. */
const MOST_LINKS = 40;

/**
 * Where on the disk a path of the store leads: its symlinks are followed as if all store paths were at
 * /nix/store. Whether something is there is not checked.
 *
 * @throws {ImageError} if a store path on the way has to be fetched, and can't be.
 */
export async function placeInStore(path: string, files: StoreFiles): Promise<string> {
  let current = path, place = path;
  for (let links = 0; links <= MOST_LINKS; links++) {
    const storePath = enclosingStorePath(current);
    if (storePath === undefined) return current;
    const root = await files.rootOf(storePath);
    place = root + current;
    const link = firstLink(current, root);
    if (link === undefined) return place;
    current = resolve(dirname(link.path), link.target) + current.slice(link.path.length);
  }
  return place;
}

function firstLink(path: string, root: string) {
  for (let end = STORE_DIR.length; end < path.length;) {
    const slash = path.indexOf("/", end + 1);
    end = slash === -1 ? path.length : slash;
    const part = path.slice(0, end);
    try {
      if (Deno.lstatSync(root + part).isSymlink) {
        return { path: part, target: Deno.readLinkSync(root + part) };
      }
    } catch {
      // Who reads it tells what is wrong.
      return undefined;
    }
  }
}
