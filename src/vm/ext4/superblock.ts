/**
 * The superblock of an ext2, ext3 or ext4 file system: where everything is, and what it takes to
 * read it. https://docs.kernel.org/filesystems/ext4/globals.html#super-block
 * @module
 */

import type { ImageFile } from "./image_file.ts";

/** What the superblock says. */
export interface Superblock {
  readonly blockSize: number;
  /** How many blocks there are; the file is as long as that. */
  readonly blocks: number;
  /** The block of the superblock; none that a file has comes before it. */
  readonly firstBlock: number;
  readonly inodes: number;
  readonly inodesPerGroup: number;
  /** Bytes of an inode: a power of two, at least 128. */
  readonly inodeSize: number;
  /** Bytes of a group's descriptor. */
  readonly descriptorSize: number;
}

const OFFSET = 1024;
const LENGTH = 1024;
const MAGIC = 0xef53;

/** Linux has no larger ones on most machines. */
const MAX_BLOCK = 4096;

/** The only state of a file system that was unmounted and has no known errors. */
const CLEAN = 1;

const INCOMPAT_RECOVER = 0x4;
const INCOMPAT_64BIT = 0x80;
const INCOMPAT_INLINE_DATA = 0x8000;

/** What this reader understands, or need not: file types in directories, extents, 64 bits,
 * flexible groups, the seed of checksums. */
const KNOWN_INCOMPAT = 0x2 | 0x40 | INCOMPAT_64BIT | 0x200 | 0x2000;

/**
 * Reads the superblock.
 *
 * @throws {ImageError} if there is none, the file system was not unmounted, or has features without
 * which it can't be read.
 */
export function readSuperblock(image: ImageFile): Superblock {
  if (image.size < OFFSET + LENGTH) throw image.refused("there is none");
  const bytes = new Uint8Array(LENGTH);
  image.fill(OFFSET, bytes);
  const view = new DataView(bytes.buffer);
  if (view.getUint16(0x38, true) !== MAGIC) throw image.refused("there is none");
  // The first revision has none of the fields from here on.
  const fixed = view.getUint32(0x4c, true) === 0;
  const incompat = fixed ? 0 : view.getUint32(0x60, true);
  checkUnmounted(image, view.getUint16(0x3a, true), incompat);
  checkFeatures(image, incompat);

  const wide = (incompat & INCOMPAT_64BIT) !== 0;
  const blockSize = 1024 * 2 ** view.getUint32(0x18, true);
  if (blockSize > MAX_BLOCK) throw image.refused(`its blocks have more than ${MAX_BLOCK} bytes`);
  const superblock = {
    blockSize,
    blocks: view.getUint32(0x4, true) + (wide ? view.getUint32(0x150, true) * 2 ** 32 : 0),
    firstBlock: view.getUint32(0x14, true),
    inodes: view.getUint32(0, true),
    inodesPerGroup: view.getUint32(0x28, true),
    inodeSize: fixed ? 128 : view.getUint16(0x58, true),
    descriptorSize: wide ? view.getUint16(0xfe, true) : 32,
  };
  checkSizes(image, superblock);
  return superblock;
}

function checkUnmounted(image: ImageFile, state: number, incompat: number): void {
  if (state !== CLEAN || (incompat & INCOMPAT_RECOVER) !== 0) {
    throw image.refused("the machine that wrote it did not unmount it, or found errors in it");
  }
}

function checkFeatures(image: ImageFile, incompat: number): void {
  if ((incompat & INCOMPAT_INLINE_DATA) !== 0) {
    throw image.refused("it may have files within inodes (inline_data)");
  }
  const unknown = (incompat & ~KNOWN_INCOMPAT) >>> 0;
  if (unknown !== 0) {
    throw image.refused(`it has features that are not known here: 0x${unknown.toString(16)}`);
  }
}

function checkSizes(image: ImageFile, superblock: Superblock): void {
  const { blockSize, blocks, firstBlock, inodesPerGroup, inodeSize, descriptorSize } = superblock;
  const right = firstBlock === (blockSize === 1024 ? 1 : 0) &&
    inodesPerGroup > 0 &&
    isPowerOfTwo(inodeSize) && inodeSize >= 128 && inodeSize <= blockSize &&
    isPowerOfTwo(descriptorSize) && descriptorSize >= 32 && descriptorSize <= blockSize;
  if (!right) throw image.damaged("the superblock is wrong");
  if (blocks * blockSize > image.size) {
    throw image.damaged(`it has ${blocks} blocks of ${blockSize} bytes, the file ${image.size}`);
  }
}

function isPowerOfTwo(number: number): boolean {
  return number > 0 && (number & (number - 1)) === 0;
}
