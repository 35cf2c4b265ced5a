/**
 * Where the blocks of a file are.
 * @module
 */

import type { BlockRun, MapVisitor } from "./block_run.ts";
import { extentRuns } from "./extents.ts";
import type { FileSystem } from "./file_system.ts";
import { indirectRuns } from "./indirect.ts";
import type { Inode } from "./inode.ts";

/**
 * The blocks of a file in their order, as far as its size goes. Those that are left out are holes:
 * zeros. All are in the file system.
 *
 * It takes no longer than reading a map as large as the image, or counting the file's blocks.
 *
 * @throws {ImageError} at a map that makes no sense.
 */
export function* blockRuns(
  system: FileSystem,
  inode: Inode,
  visitor: MapVisitor = () => {},
): Generator<BlockRun> {
  const end = Math.ceil(inode.size / system.superblock.blockSize);
  const runs = inode.hasExtents
    ? extentRuns(system, inode, visitor)
    : indirectRuns(system, inode, end, visitor);
  for (const run of runs) {
    if (run.logical >= end) return;
    if (run.physical !== undefined) system.checkBlocks(run.physical, run.count);
    yield run.logical + run.count > end ? { ...run, count: end - run.logical } : run;
  }
}
