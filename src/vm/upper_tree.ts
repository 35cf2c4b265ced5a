/**
 * The upper directory of an overlay as what a layer is to hold: what the overlay's driver marks in
 * its own way becomes whiteouts (Linux, filesystems/overlayfs; OCI image spec, layer).
 * @module
 */

import type { BaseRoot } from "../base/base_root.ts";
import type { RootEntry, RootTree } from "../rootfs/root_tree.ts";
import { ImageError } from "../errors.ts";
import { compareBytes } from "../tar/name.ts";
import type { Ext4Entry } from "./ext4/entry.ts";

/** The driver's own attributes, which mean nothing elsewhere. */
const OVERLAY = "trusted.overlay.";

/** A file that had extended attributes before, which the guest's busybox can't give it. */
export type Attributed =
  & Pick<RootEntry, "uid" | "gid" | "size">
  & { readonly mtime: number; readonly xattrs: ReadonlyMap<string, Uint8Array> };

/**
 * The entries of a layer.
 *
 * @param base what the layers below have
 * @param attributed files and directories that the scripts found without their attributes, by path
 * @throws {ImageError} for sockets, which no image can hold.
 */
export function upperTree(
  entries: Iterable<Ext4Entry>,
  base: BaseRoot | undefined,
  attributed: ReadonlyMap<string, Attributed>,
): RootTree {
  const tree: RootTree = new Map();
  // By inode: a file may have got more names.
  const restored = new Map<number, Attributed["xattrs"]>();
  const inodes = new Map<string, number>();
  const add = (entry: RootEntry) => tree.set(entry.path, entry);
  for (const entry of entries) {
    const { path, type, device } = entry;
    if (type === "character" && device?.major === 0 && device.minor === 0) {
      if (base?.find(path)) add(marker(beside(path)));
      continue;
    }
    add(entryOf(entry));
    const before = attributed.get(path);
    if (before && isAsBefore(entry, before)) restored.set(entry.inode, before.xattrs);
    if (attributed.size > 0) inodes.set(path, entry.inode);
    // The driver marks new directories too, where there is nothing to hide.
    if (type === "directory" && isOpaque(entry) && base?.find(path)?.type === "directory") {
      add(marker(path === "" ? ".wh..wh..opq" : `${path}/.wh..wh..opq`));
    }
  }
  for (const [path, inode] of inodes) {
    const entry = tree.get(path), xattrs = restored.get(inode);
    if (entry && xattrs) tree.set(path, { ...entry, xattrs: united(xattrs, entry.xattrs) });
  }
  return tree;
}

/**
 * Whether attributes are still true of a file: Linux drops capabilities when its owner or its
 * content changes, and the time then shows.
 */
function isAsBefore(entry: Ext4Entry, before: Attributed): boolean {
  if (entry.type === "directory") return !isOpaque(entry);
  return entry.size === before.size && entry.mtime === Math.floor(before.mtime) &&
    entry.uid === before.uid && entry.gid === before.gid;
}

function united(
  before: ReadonlyMap<string, Uint8Array>,
  now: ReadonlyMap<string, Uint8Array> | undefined,
): Map<string, Uint8Array> {
  return new Map([...before, ...now ?? []].sort(([a], [b]) => compareBytes(a, b)));
}

function isOpaque({ xattrs }: Ext4Entry): boolean {
  return xattrs.get(`${OVERLAY}opaque`)?.[0] === "y".charCodeAt(0);
}

function entryOf(entry: Ext4Entry): RootEntry {
  const { path, type, mode, uid, gid, size, target, device, links, inode, open } = entry;
  if (type === "socket") {
    throw new ImageError(`/${path} is a socket, which no image can hold: remove it in the script`);
  }
  const xattrs = new Map([...entry.xattrs].filter(([name]) => !name.startsWith(OVERLAY)));
  return {
    path,
    type,
    mode,
    uid,
    gid,
    size: type === "file" ? size : 0,
    target: type === "symlink" ? target : "",
    device,
    ...xattrs.size > 0 ? { xattrs } : {},
    ...type !== "directory" && links > 1 ? { inode } : {},
    origin: `/${path} in the machine`,
    open,
  };
}

/** The path of the whiteout for `path`. */
function beside(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
}

function marker(path: string): RootEntry {
  const origin = `/${path}`;
  return { path, type: "file", mode: 0o600, uid: 0, gid: 0, size: 0, target: "", origin };
}
