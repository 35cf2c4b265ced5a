/**
 * What is in a file system.
 * @module
 */

import { type DeviceNumbers, fileTypeOf } from "../../rootfs/file_mode.ts";
import { decodeName } from "../../tar/name.ts";
import type { Content } from "../../tar/stream.ts";
import type { FileType } from "../../tar/tar_header.ts";
import { bytesOf, contentOf } from "./content.ts";
import type { FileSystem } from "./file_system.ts";
import { type Inode, readInode } from "./inode.ts";
import { xattrsOf } from "./xattrs.ts";

/** A file, directory, link, device or socket. */
export interface Ext4Entry {
  /** Below the directory that is read, without a leading slash; "" for itself. May hold
   * undecodable bytes, as may `target`. */
  readonly path: string;
  /** Tar has no sockets. */
  readonly type: FileType | "socket";
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. May be far more than the image has. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
  /** Numbers of a character or block device. */
  readonly device?: DeviceNumbers;
  /** Extended attributes by full name, in the order of the names' bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** The number of the inode: entries with the same one are hard links. */
  readonly inode: number;
  /** How many hard links there are, be they in the directory that is read or not. */
  readonly links: number;
  /** Opens the content of a file, as long as the tree is open. */
  readonly open?: () => Content;
}

const S_IFMT = 0o170000;
const S_IFSOCK = 0o140000;

/** Targets that are shorter are in the inode. */
const MAP_SIZE = 60;

/** Linux has no longer ones. */
const MAX_TARGET = 4095;

/**
 * What an inode says of what is at `path`.
 *
 * @throws {ImageError} if it makes no sense.
 */
export function entryOf(system: FileSystem, path: string, inode: Inode): Ext4Entry {
  const { number, mode, uid, gid, mtime, links } = inode;
  const type = (mode & S_IFMT) === S_IFSOCK ? "socket" : fileTypeOf(mode);
  if (type === undefined) {
    throw system.image.damaged(`inode ${number} has the mode 0${mode.toString(8)}`);
  }
  const isDevice = type === "character" || type === "block";
  return {
    path,
    type,
    mode: mode & 0o7777,
    uid,
    gid,
    size: type === "file" ? inode.size : 0,
    mtime,
    target: type === "symlink" ? targetOf(system, inode) : "",
    ...isDevice ? { device: deviceOf(inode) } : {},
    xattrs: xattrsOf(system, inode),
    inode: number,
    links,
    ...type === "file" ? { open: () => contentOf(system, readInode(system, number)) } : {},
  };
}

function targetOf(system: FileSystem, inode: Inode): string {
  const { size, map, number, hasExtents } = inode;
  if (size === 0 || size > MAX_TARGET) {
    throw system.image.damaged(`the link of inode ${number} has ${size} bytes`);
  }
  const bytes = size < MAP_SIZE && !hasExtents
    ? new Uint8Array(map.buffer, map.byteOffset, size)
    : bytesOf(system, inode);
  if (bytes.includes(0)) throw system.image.damaged(`the link of inode ${number} has a zero byte`);
  return decodeName(bytes);
}

/** Linux's old numbers of 16 bits are in the first word, its new ones in the second. */
function deviceOf({ map }: Inode): DeviceNumbers {
  const old = map.getUint32(0, true);
  if (old !== 0) return { major: old >>> 8 & 0xff, minor: old & 0xff };
  const wide = map.getUint32(4, true);
  return { major: wide >>> 8 & 0xfff, minor: wide & 0xff | wide >>> 12 & 0xfff00 };
}
