/**
 * The upper directory of an overlay as what a layer is to hold: what the overlay's driver marks in
 * its own way becomes whiteouts (Linux, filesystems/overlayfs; OCI image spec, layer).
 * @module
 */

import type { BaseRoot } from "../base/base_root.ts";
import type { RootEntry, RootTree } from "../rootfs/root_tree.ts";
import { ImageError } from "../errors.ts";
import type { Ext4Entry } from "./ext4/entry.ts";

/** The driver's own attributes, which mean nothing elsewhere. */
const OVERLAY = "trusted.overlay.";

/**
 * The entries of a layer.
 *
 * @param base what the layers below have
 * @param diskSize in bytes
 * @throws {ImageError} for sockets, which no image can hold, and for files with holes that would make
 * the layer larger than the disk.
 */
export function upperTree(
  entries: Iterable<Ext4Entry>,
  base: BaseRoot | undefined,
  diskSize: number,
): RootTree {
  const tree: RootTree = new Map();
  const sizes = new Map<number, number>();
  let size = 0;
  const add = (entry: RootEntry) => tree.set(entry.path, entry);
  for (const entry of entries) {
    const { path, type, device } = entry;
    if (type === "character" && device?.major === 0 && device.minor === 0) {
      if (base?.find(path)) add(marker(beside(path)));
      continue;
    }
    add(entryOf(entry));
    size += entry.size - (sizes.get(entry.inode) ?? 0);
    sizes.set(entry.inode, entry.size);
    if (size > diskSize) {
      throw new ImageError(
        `/${path} has ${entry.size} bytes: all files together have more than the disk of the ` +
          "machine. A layer has no holes: make files as large as their content, or diskSize larger",
      );
    }
    const opaque = entry.xattrs.get(`${OVERLAY}opaque`)?.[0] === "y".charCodeAt(0);
    // The driver marks new directories too, where there is nothing to hide.
    if (type === "directory" && opaque && base?.find(path)?.type === "directory") {
      add(marker(path === "" ? ".wh..wh..opq" : `${path}/.wh..wh..opq`));
    }
  }
  return tree;
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
