/**
 * The files of an EROFS file system: what its inodes hold, and where they are.
 *
 * The format: the kernel's fs/erofs/erofs_fs.h and Documentation/filesystems/erofs.rst. Inodes are
 * of the extended form, contents are not compressed.
 * @module
 */

import type { DeviceNumbers } from "../../rootfs/file_mode.ts";
import type { FileType } from "../../tar/tar_header.ts";

/** In bytes, as the pages of all the machines that there are. */
export const BLOCK_SIZE = 4096;

/** An inode without what follows it, in bytes. */
export const INODE_SIZE = 64;

/** Inodes are numbered by their places, in so many bytes. */
export const NID_UNIT = 32;

/** A file, whatever its type. */
export interface Node {
  type: FileType;
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since the epoch. */
  mtime: number;
  /** As inodes hold them. */
  xattrs: Uint8Array;
  device?: DeviceNumbers | undefined;
  /** Where a symlink points; empty for others. */
  target: Uint8Array;
  /** What is in a directory. */
  children?: Map<string, Node>;
  /** How many hard links there are. */
  links: number;
  /** Bytes of content, of a directory's too. */
  size: number;
  /** The block that the content begins in. */
  block: number;
  /** Where the inode is; 0 if it has no place yet. */
  nid: number;
}

const TYPES: Readonly<Record<FileType, number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
};

/** How content is found: in blocks, or behind the inode. */
const PLAIN = 0, INLINE = 2;

const XATTR_HEADER = 12, XATTR_UNIT = 4;

/** Whether a symlink's target is behind its inode: all of that has to be in one block. */
export function isInline(node: Node): boolean {
  return node.type === "symlink" &&
    INODE_SIZE + node.xattrs.length + node.target.length <= BLOCK_SIZE;
}

/** What an inode takes with all that follows it, in bytes. */
export function inodeLength(node: Node): number {
  return INODE_SIZE + node.xattrs.length + (isInline(node) ? node.target.length : 0);
}

/** Writes an inode, and what follows it, to the front of `into`, which holds zeros. */
export function writeInode(node: Node, into: Uint8Array<ArrayBuffer>): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  const { xattrs, device, target } = node;
  const inline = isInline(node);
  view.setUint16(0, 1 | (inline ? INLINE : PLAIN) << 1, true);
  const units = xattrs.length === 0 ? 0 : 1 + (xattrs.length - XATTR_HEADER) / XATTR_UNIT;
  view.setUint16(2, units, true);
  view.setUint16(4, TYPES[node.type] | node.mode, true);
  view.setBigUint64(8, BigInt(node.size), true);
  view.setUint32(16, device === undefined ? node.block : numberOf(device), true);
  view.setUint32(20, node.nid, true);
  view.setUint32(24, node.uid, true);
  view.setUint32(28, node.gid, true);
  view.setBigInt64(32, BigInt(Math.floor(node.mtime)), true);
  view.setUint32(44, node.links, true);
  into.set(xattrs, INODE_SIZE);
  if (inline) into.set(target, INODE_SIZE + xattrs.length);
}

/** A device's number as Linux writes it in 32 bits. */
function numberOf({ major, minor }: DeviceNumbers): number {
  return (minor & 0xff | major << 8 | (minor & ~0xff) << 12) >>> 0;
}
