/**
 * What is in directories. Those with an index are read as those without: the blocks of the index
 * look like entries that are not in use, as checksums do.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#directory-entries
 * @module
 */

import { decodeName } from "../../tar/name.ts";
import type { BlockRun } from "./block_run.ts";
import { blockRuns } from "./block_runs.ts";
import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

/** A name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** The number of its inode. */
  readonly inode: number;
}

/** Bytes before the name. */
const HEADER = 8;

/** The shortest entry: the name padded to 4 bytes. */
const MIN_LENGTH = 12;

const SLASH = 0x2f;

/**
 * The entries of a directory in the order in which they are stored, but for `.` and `..`.
 *
 * @param visitor is told of each block before it is read
 * @throws {ImageError} at what can't be a directory.
 */
export function* directoryEntries(
  system: FileSystem,
  inode: Inode,
  visitor: (block: number) => void,
): Generator<DirectoryEntry> {
  for (const run of blockRuns(system, inode, visitor)) {
    for (const number of blocksOf(run)) {
      visitor(number);
      yield* entriesOf(system, system.block(number), inode.number);
    }
  }
}

function* blocksOf({ physical, count }: BlockRun): Generator<number> {
  if (physical === undefined) return;
  for (let i = 0; i < count; i++) yield physical + i;
}

function* entriesOf(
  system: FileSystem,
  block: DataView<ArrayBuffer>,
  directory: number,
): Generator<DirectoryEntry> {
  const wrong = () => system.image.damaged(`the directory of inode ${directory} is wrong`);
  for (let at = 0, length; at < block.byteLength; at += length) {
    if (at + MIN_LENGTH > block.byteLength) throw wrong();
    const inode = block.getUint32(at, true);
    length = block.getUint16(at + 4, true);
    const nameLength = block.getUint8(at + 6);
    if (length < Math.max(MIN_LENGTH, HEADER + nameLength) || length % 4 !== 0) throw wrong();
    if (at + length > block.byteLength) throw wrong();
    if (inode === 0) continue;
    const bytes = new Uint8Array(block.buffer, at + HEADER, nameLength);
    if (nameLength === 0 || bytes.includes(0) || bytes.includes(SLASH)) throw wrong();
    const name = decodeName(bytes);
    if (name !== "." && name !== "..") yield { name, inode };
  }
}
