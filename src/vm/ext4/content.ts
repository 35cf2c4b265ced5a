/**
 * The bytes of a file.
 * @module
 */

import type { Content } from "../../tar/stream.ts";
import type { BlockRun } from "./block_run.ts";
import { blockRuns } from "./block_runs.ts";
import type { FileSystem } from "./file_system.ts";
import type { Inode } from "./inode.ts";

/** What a file holds, as long as the file system is open. Holes are zeros. */
export function contentOf(system: FileSystem, inode: Inode): Content {
  const { size } = inode;
  const { blockSize } = system.superblock;
  const runs = blockRuns(system, inode);
  /** The run that is being read, or comes after the hole that is; undefined behind the last. */
  let run: BlockRun | undefined = { logical: 0, count: 0, physical: undefined };
  let at = 0;
  return {
    read(into) {
      const wanted = Math.min(into.length, size - at);
      for (let filled = 0; filled < wanted;) {
        while (run && at >= (run.logical + run.count) * blockSize) {
          run = runs.next().value ?? undefined;
        }
        const start: number = run ? run.logical * blockSize : Infinity;
        const end = !run || at < start ? start : (run.logical + run.count) * blockSize;
        const part = into.subarray(filled, Math.min(wanted, filled + end - at));
        if (!run || at < start || run.physical === undefined) part.fill(0);
        else system.readBlocks(run.physical, at - start, part);
        at += part.length;
        filled += part.length;
      }
      return wanted;
    },
    close: () => {},
  };
}

/** What a short file or the target of a link holds. */
export function bytesOf(system: FileSystem, inode: Inode): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(inode.size);
  contentOf(system, inode).read(bytes);
  return bytes;
}
