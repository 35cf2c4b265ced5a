/**
 * Inodes: all that there is to a file but its name and content.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#index-nodes
 * @module
 */

import type { FileSystem } from "./file_system.ts";

/** What an inode says. */
export interface Inode {
  readonly number: number;
  /** Type and permission bits, as in stat(2). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Whether its blocks are mapped by extents. */
  readonly hasExtents: boolean;
  /** The 60 bytes that map its blocks, or hold a short link's target or a device's numbers. */
  readonly map: DataView<ArrayBuffer>;
  /** The block of extended attributes, or 0. */
  readonly xattrBlock: number;
  /** What is behind the fields: extended attributes or nothing. */
  readonly rest: DataView<ArrayBuffer>;
}

/** Bytes of an inode before the fields that were added to it. */
const CLASSIC_SIZE = 128;

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

const FLAG_ENCRYPTED = 0x800;
const FLAG_EXTENTS = 0x80000;
const FLAG_XATTR_VALUE = 0x200000;
const FLAG_INLINE_DATA = 0x10000000;

/** Blocks of a file are counted in 32 bits. */
const MOST_BLOCKS = 2 ** 32;

/**
 * Reads an inode. It keeps the block that it is in in memory: not for holding many.
 *
 * @throws {ImageError} if there is no such inode, or it is not in use.
 */
export function readInode(system: FileSystem, number: number): Inode {
  const view = rawInode(system, number);
  const mode = view.getUint16(0, true);
  const links = view.getUint16(0x1a, true);
  if (mode === 0 || links === 0) {
    throw system.image.damaged(`inode ${number} has a name, and is not in use`);
  }
  const flags = view.getUint32(0x20, true);
  if ((flags & (FLAG_ENCRYPTED | FLAG_XATTR_VALUE | FLAG_INLINE_DATA)) !== 0) {
    throw system.image.damaged(`inode ${number} has flags 0x${flags.toString(16)}`);
  }
  const size = sizeOf(view, mode);
  if (size > MOST_BLOCKS * system.superblock.blockSize) {
    throw system.image.damaged(`inode ${number} has ${size} bytes`);
  }
  const extra = extraSize(system, view, number);
  // Two bits of the added half of a time extend the seconds, the others are nanoseconds.
  const epoch = extra >= 0xc ? view.getUint32(0x88, true) & 3 : 0;
  return {
    number,
    mode,
    links,
    uid: view.getUint16(0x2, true) + view.getUint16(0x78, true) * 2 ** 16,
    gid: view.getUint16(0x18, true) + view.getUint16(0x7a, true) * 2 ** 16,
    size,
    mtime: view.getInt32(0x10, true) + epoch * 2 ** 32,
    hasExtents: (flags & FLAG_EXTENTS) !== 0,
    map: new DataView(view.buffer, view.byteOffset + 0x28, 60),
    xattrBlock: view.getUint32(0x68, true) + view.getUint16(0x76, true) * 2 ** 32,
    rest: new DataView(
      view.buffer,
      view.byteOffset + (extra === 0 ? view.byteLength : CLASSIC_SIZE + extra),
      extra === 0 ? 0 : view.byteLength - CLASSIC_SIZE - extra,
    ),
  };
}

function rawInode(system: FileSystem, number: number): DataView<ArrayBuffer> {
  const { inodes, inodesPerGroup, inodeSize, blockSize } = system.superblock;
  if (number < 1 || number > inodes) {
    throw system.image.damaged(`there is a name for inode ${number} of ${inodes}`);
  }
  const index = (number - 1) % inodesPerGroup;
  const table = inodeTable(system, Math.floor((number - 1) / inodesPerGroup));
  const block = system.block(table + Math.floor(index * inodeSize / blockSize));
  return new DataView(block.buffer, index * inodeSize % blockSize, inodeSize);
}

/** The first block of a group's inodes, from its descriptor. */
function inodeTable(system: FileSystem, group: number): number {
  const { firstBlock, blockSize, descriptorSize } = system.superblock;
  const offset = group * descriptorSize;
  const block = system.block(firstBlock + 1 + Math.floor(offset / blockSize));
  const at = offset % blockSize;
  const high = descriptorSize >= 64 ? block.getUint32(at + 0x28, true) : 0;
  return block.getUint32(at + 0x8, true) + high * 2 ** 32;
}

function sizeOf(view: DataView, mode: number): number {
  // In inodes that are no files the upper half means something else.
  const high = (mode & S_IFMT) === S_IFREG ? view.getUint32(0x6c, true) : 0;
  return view.getUint32(0x4, true) + high * 2 ** 32;
}

/** Bytes of the fields behind the first 128. */
function extraSize(system: FileSystem, view: DataView, number: number): number {
  if (view.byteLength === CLASSIC_SIZE) return 0;
  const extra = view.getUint16(0x80, true);
  if (extra % 4 !== 0 || extra > view.byteLength - CLASSIC_SIZE) {
    throw system.image.damaged(`inode ${number} is longer than inodes are`);
  }
  return extra;
}
