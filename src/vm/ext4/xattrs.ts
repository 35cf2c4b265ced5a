/**
 * Extended attributes, in the inode and in a block of their own.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#extended-attributes
 * @module
 */

import { compareBytes, decodeName } from "../../tar/name.ts";
import { aclAttribute } from "./acl.ts";
import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

const MAGIC = 0xea020000;

/** Bytes before the entries in an inode, and in a block. */
const INODE_HEADER = 4;
const BLOCK_HEADER = 32;

/** Bytes of an entry before its name. */
const ENTRY = 16;

const ACL_PREFIX = "system.posix_acl_";

/** What a name begins with, by number. */
const PREFIXES: Readonly<Record<number, string>> = {
  1: "user.",
  2: `${ACL_PREFIX}access`,
  3: `${ACL_PREFIX}default`,
  4: "trusted.",
  6: "security.",
  7: "system.",
};

/**
 * The attributes of a file by full name, in the order of the names' bytes.
 *
 * @throws {ImageError} if they make no sense, or are of a kind that is not known.
 */
export function xattrsOf(system: FileSystem, inode: Inode): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const wrong = () => system.image.damaged(`the attributes of inode ${inode.number} are wrong`);
  const add = (area: DataView<ArrayBuffer>, first: number, base: number) => {
    for (const [name, value] of readArea(area, first, base, wrong)) {
      if (!found.has(name)) found.set(name, value);
    }
  };
  const { rest, xattrBlock } = inode;
  if (rest.byteLength >= INODE_HEADER && rest.getUint32(0, true) === MAGIC) {
    add(rest, INODE_HEADER, INODE_HEADER);
  }
  if (xattrBlock !== 0) {
    const block = system.block(xattrBlock);
    if (block.getUint32(0, true) !== MAGIC || block.getUint32(8, true) !== 1) throw wrong();
    add(block, BLOCK_HEADER, 0);
  }
  if (found.size < 2) return found;
  return new Map([...found].sort(([a], [b]) => compareBytes(a, b)));
}

/**
 * @param first where the entries begin
 * @param base what the places of values count from
 */
function* readArea(
  area: DataView<ArrayBuffer>,
  first: number,
  base: number,
  wrong: () => Error,
): Generator<[name: string, value: Uint8Array]> {
  const bytes = new Uint8Array(area.buffer, area.byteOffset, area.byteLength);
  // Values that share their bytes would make much of little.
  let left = bytes.length;
  for (let at = first;;) {
    if (at + 4 > bytes.length) throw wrong();
    if (area.getUint32(at, true) === 0) return;
    if (at + ENTRY > bytes.length) throw wrong();
    const nameEnd = at + ENTRY + area.getUint8(at);
    const start = base + area.getUint16(at + 2, true);
    const size = area.getUint32(at + 8, true);
    // A value in another inode is a feature that the superblock would have told of.
    const right = area.getUint32(at + 4, true) === 0 && nameEnd <= bytes.length &&
      (size === 0 || start + size <= bytes.length) && size <= left;
    if (!right) throw wrong();
    left -= size;
    const prefix = PREFIXES[area.getUint8(at + 1)];
    if (prefix === undefined) throw wrong();
    const name = prefix + decodeName(bytes.subarray(at + ENTRY, nameEnd));
    const stored = bytes.slice(start, start + size);
    const value = name.startsWith(ACL_PREFIX) ? aclAttribute(stored) : stored;
    if (value === undefined) throw wrong();
    yield [name, value];
    at = roundUp4(nameEnd);
  }
}

function roundUp4(length: number): number {
  return Math.ceil(length / 4) * 4;
}
