/**
 * Store paths that a base image has already.
 * @module
 */

import type { BaseRoot } from "../base/base_root.ts";
import { PermissionRules } from "../layer/permissions.ts";
import { StoreMembers } from "../layer/store_members.ts";
import { type ListedFile, storePathDigest } from "../layer/store_path_digest.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import type { StoreFiles } from "../store/store_files.ts";
import type { StorePath } from "../store/store_path.ts";

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
    const root = await files.rootOf(path);
    if (digest === storePathDigest(await filesOf(path, owner, rules, root))) held.add(path);
  }
  return held;
}

async function filesOf(
  storePath: StorePath,
  owner: { readonly uid: number; readonly gid: number },
  rules: PermissionRules,
  root: string,
): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  const members = new StoreMembers([storePath], {
    root,
    format: "pax",
    memberOf({ path, type, mode, size, target }, origin) {
      const ruled = rules.apply(path, type, { ...owner, mode });
      files.push({ name: path.slice(storePath.length + 1), type, size, target, ...ruled });
      const header = { uname: "", gname: "", mtime: 0, linkname: target };
      return { name: path, type, size, ...header, ...ruled, origin };
    },
  });
  await members.size();
  return files;
}
