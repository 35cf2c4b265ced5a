/**
 * Maps of blocks as trees of extents.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#extent-tree
 * @module
 */

import type { ImageError } from "../../errors.ts";
import type { BlockRun, MapVisitor } from "./block_run.ts";
import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

const MAGIC = 0xf30a;

/** Bytes of a node's header, and of each entry. */
const ENTRY = 12;

/** Five levels of nodes reach all blocks that a file can have. */
const MAX_DEPTH = 5;

/** Longer extents are shorter ones that were never written. */
const MAX_WRITTEN = 32768;

/** The runs of an inode that has extents, in their order. */
export function extentRuns(
  system: FileSystem,
  inode: Inode,
  visitor: MapVisitor,
): Iterable<BlockRun> {
  return new ExtentTree(system, inode.number, visitor).runs(inode.map);
}

class ExtentTree {
  readonly #system: FileSystem;
  readonly #inode: number;
  readonly #visitor: MapVisitor;
  /** The first block that the next extent may be of. As it grows, no node is read twice. */
  #next = 0;

  constructor(system: FileSystem, inode: number, visitor: MapVisitor) {
    this.#system = system;
    this.#inode = inode;
    this.#visitor = visitor;
  }

  /** @param expected depth of the node; undefined for the root */
  *runs(node: DataView, expected?: number): Generator<BlockRun> {
    const count = node.getUint16(2, true);
    const depth = node.getUint16(6, true);
    const right = node.getUint16(0, true) === MAGIC &&
      (count + 1) * ENTRY <= node.byteLength &&
      (expected === undefined ? depth <= MAX_DEPTH : depth === expected && count > 0);
    if (!right) throw this.#wrong();
    for (let at = ENTRY; at <= count * ENTRY; at += ENTRY) {
      if (depth === 0) yield this.#run(node, at);
      else {
        const child = number48(node, at + 4, at + 8);
        this.#visitor(child);
        yield* this.runs(this.#system.block(child), depth - 1);
      }
    }
  }

  #run(node: DataView, at: number): BlockRun {
    const logical = node.getUint32(at, true);
    const length = node.getUint16(at + 4, true);
    const written = length <= MAX_WRITTEN;
    const count = written ? length : length - MAX_WRITTEN;
    if (count === 0 || logical < this.#next) throw this.#wrong();
    this.#next = logical + count;
    return { logical, count, physical: written ? number48(node, at + 8, at + 6) : undefined };
  }

  #wrong(): ImageError {
    return this.#system.image.damaged(`the extents of inode ${this.#inode} are wrong`);
  }
}

function number48(view: DataView, low: number, high: number): number {
  return view.getUint32(low, true) + view.getUint16(high, true) * 2 ** 32;
}
