/**
 * Maps of blocks as ext2 has them: blocks of numbers of blocks.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#direct-indirect-block-addressing
 * @module
 */

import type { BlockRun, MapVisitor } from "./block_run.ts";
import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

/** How many blocks the inode names itself. */
const DIRECT = 12;

/** Then come blocks of numbers, blocks of numbers of those, and of those. */
const LEVELS = 3;

/** The runs of an inode that has no extents, in their order, of the blocks before `end`. */
export function* indirectRuns(
  system: FileSystem,
  inode: Inode,
  end: number,
  visitor: MapVisitor,
): Generator<BlockRun> {
  const map = new IndirectMap(system, end, visitor);
  yield* map.runs(inode.map, 0, DIRECT, 0, 0);
  for (let level = 1, first = DIRECT; level <= LEVELS && first < end; level++) {
    yield* map.runs(inode.map, DIRECT + level - 1, DIRECT + level, first, level);
    first += map.span(level);
  }
}

class IndirectMap {
  readonly #system: FileSystem;
  readonly #end: number;
  readonly #visitor: MapVisitor;
  readonly #perBlock: number;

  constructor(system: FileSystem, end: number, visitor: MapVisitor) {
    this.#system = system;
    this.#end = end;
    this.#visitor = visitor;
    this.#perBlock = system.superblock.blockSize / 4;
  }

  /** How many blocks a number of this level stands for. */
  span(level: number): number {
    return this.#perBlock ** level;
  }

  /** What the numbers `from` to `to` of a block stand for: blocks of the file from `first` on. */
  *runs(
    numbers: DataView,
    from: number,
    to: number,
    first: number,
    level: number,
  ): Generator<BlockRun> {
    const span = this.span(level);
    for (let i = from, logical = first; i < to && logical < this.#end; i++, logical += span) {
      const physical = numbers.getUint32(4 * i, true);
      if (physical === 0) continue;
      if (level === 0) yield { logical, count: 1, physical };
      else {
        this.#visitor(physical);
        yield* this.runs(this.#system.block(physical), 0, this.#perBlock, logical, level - 1);
      }
    }
  }
}
