/**
 * Store paths that a base image has already.
 * @module
 */

import type { BaseRoot } from "../base/base_root.ts";
import { PermissionRules } from "../layer/permissions.ts";
import { type ListedFile, storePathDigest } from "../layer/store_path_digest.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import { NarTree } from "../store/nar_tree.ts";
import type { StoreFiles } from "../store/store_files.ts";
import type { StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";

/**
 * Those of `paths` of which the base has the very files that the image would have, by all that can
 * be seen without reading them: their contents are what the hash in a store path's name stands for.
 *
 * @throws {ImageError} if a store path can not be read.
 */
export async function heldPaths(
  paths: Iterable<StorePath>,
  base: BaseRoot,
  { type, uid, gid, permissions }: ImageSpec,
  files: StoreFiles,
): Promise<Set<StorePath>> {
  // As the layers of store paths and of single images have them.
  const owner = type === "single" ? { uid: 0, gid: 0 } : { uid, gid };
  const rules = new PermissionRules(permissions);
  const held = new Set<StorePath>();
  for (const path of paths) {
    const digest = base.storePathDigest(path);
    if (digest === undefined) continue;
    const listed = await files.entriesOf(path) ??
      await entriesUnder(await files.rootOf(path), path);
    const ruled = listed.map(({ path: name, type, mode, size, target }): ListedFile => ({
      name: name.slice(path.length + 1),
      type,
      size,
      target,
      ...rules.apply(name, type, { ...owner, mode }),
    }));
    if (digest === storePathDigest(ruled)) held.add(path);
  }
  return held;
}

/** The files of a store path on the disk, whatever their names are. */
async function entriesUnder(root: string, path: StorePath): Promise<TreeEntry[]> {
  try {
    return [...walkTree(path, root)];
  } catch (error) {
    if (error instanceof LossyNameError) return [...(await NarTree.list(path, root)).entries];
    throw error;
  }
}
