/**
 * NARs in files, as they came.
 * @module
 */

import { readingFrom, writingTo } from "./files.ts";
import { listNar } from "./nar_entries.ts";
import type { NarPath } from "./nar_path.ts";
import { seenStream } from "./nar_stream.ts";
import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/**
 * Puts the NAR of a path into a file, which is not there yet, and tells which files are in it.
 *
 * @throws {ImageError} if it can not be had or is not the right one: then there is no file, either.
 */
export async function keepNar(path: StorePath, nar: NarPath, file: string): Promise<TreeEntry[]> {
  using kept = writingTo(
    file,
    () => Deno.openSync(file, { write: true, createNew: true, mode: 0o600 }),
  );
  const write = (chunk: Uint8Array) =>
    writingTo(file, () => {
      for (let at = 0; at < chunk.length;) at += kept.writeSync(chunk.subarray(at));
    });
  try {
    return await listNar(path, { ...nar, open: () => seenStream(nar.open(), write, () => {}) });
  } catch (error) {
    Deno.removeSync(file);
    throw error;
  }
}

/** What was put into such a file. */
export function keptNar(file: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return readingFrom(file, () => Deno.openSync(file)).readable;
}
