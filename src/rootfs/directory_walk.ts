/**
 * Directories outside of the store.
 * @module
 */

import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { namesIn, readLink } from "../store/tree.ts";
import { compareCodePoints } from "../tar/name.ts";
import type { Owner, RootEntry } from "./root_tree.ts";

/**
 * A directory on this host and all below it, each directory before what is in it. Symlinks are not
 * followed. Paths are absolute.
 *
 * @param top free of symlinks
 * @throws {LossyNameError} where a name or a target may hold bytes that Deno does not show.
 * @throws {ImageError} for what can not be read, and for sockets and devices.
 */
export function* walkDirectory(top: string, owner: Owner): Generator<RootEntry> {
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const entry = entryAt(path, owner);
    yield entry;
    if (entry.type !== "directory") continue;
    // The last one pushed comes next.
    for (const name of namesIn(path).sort((a, b) => compareCodePoints(b, a))) {
      pending.push(`${path === "/" ? "" : path}/${name}`);
    }
  }
}

function entryAt(path: string, owner: Owner): RootEntry {
  const info = readingFrom(path, () => Deno.lstatSync(path));
  const mode = info.mode ?? 0;
  const common = { path, ...owner, mode: mode & 0o7777, size: 0, target: "", origin: path };
  if (info.isDirectory) return { ...common, type: "directory" };
  if (info.isSymlink) return { ...common, type: "symlink", target: readLink(path) };
  if (info.isFifo) return { ...common, type: "fifo" };
  if (info.isFile) {
    // What everybody may read is not tried: there may be many files.
    if ((mode & 0o444) !== 0o444) openFile(path).close();
    return { ...common, type: "file", size: info.size, open: () => openFile(path) };
  }
  const what = info.isSocket ? "socket" : "device";
  throw new ImageError(`${path} is a ${what}, which an image takes from no directory: remove it`);
}
