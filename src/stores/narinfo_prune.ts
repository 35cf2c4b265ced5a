/**
 * Making room among kept narinfos: once a day, what counts for nobody any more is removed, and what is
 * too much.
 *
 * No lock is needed. Files come by a rename and are read as a whole; one that is removed under another
 * program counts as missing there, and is asked for again.
 * @module
 */

import { join } from "node:path/posix";

/** What goes. Times are in milliseconds. */
export interface NarinfoBounds {
  /** Files of more than this age. */
  readonly age: number;
  /** Of the others, the oldest, until there are so many at most. */
  readonly most: number;
}

/** At most so many: some 200 MB on most file systems, and several times what a large closure has. */
const BOUNDS: NarinfoBounds = { age: 30 * 86_400_000, most: 50_000 };
const INTERVAL = 86_400_000;
/** Its time of modification is that of the last pruning. */
const STAMP = "pruned";

/**
 * Prunes a directory with one of narinfos for each cache, if nobody has done so within a day. Does
 * nothing where that is not possible.
 *
 * @param now milliseconds since the epoch
 */
export function pruneNarinfos(directory: string, now: number, bounds = BOUNDS): void {
  try {
    const stamp = join(directory, STAMP);
    const age = now - (timeOf(stamp) ?? 0);
    if (age >= 0 && age < INTERVAL) return;
    // First, so that of programs that begin together one does it.
    Deno.writeTextFileSync(stamp, "", { mode: 0o600 });
    Deno.utimeSync(stamp, now / 1000, now / 1000);
    prune(directory, now, bounds);
  } catch (error) {
    // It may not be there, or not be ours to write in.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}

function prune(directory: string, now: number, { age, most }: NarinfoBounds): void {
  const left: { readonly path: string; readonly time: number }[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    if (!isDirectory) continue;
    for (const { name: file } of Deno.readDirSync(join(directory, name))) {
      const path = join(directory, name, file);
      const time = timeOf(path);
      if (time === undefined) continue;
      if (now - time > age) remove(path);
      else left.push({ path, time });
    }
  }
  left.sort((a, b) => b.time - a.time);
  for (const { path } of left.slice(most)) remove(path);
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    // Only an empty one can be.
    if (isDirectory) remove(join(directory, name));
  }
}

/** When it was written; undefined if it is not there. */
function timeOf(path: string): number | undefined {
  try {
    return Deno.lstatSync(path).mtime?.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone, not empty, or not ours.
  }
}
