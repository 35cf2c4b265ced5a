/**
 * NARs written to the disk, as files of a store.
 * @module
 */

import { lutimesSync } from "node:fs";
import { ImageError } from "../errors.ts";
import { isUtf8 } from "../tar/name.ts";
import { quoted } from "../visible.ts";
import { writingTo } from "./files.ts";
import { type NarNode, type NarOptions, NarReader } from "./nar.ts";
import { treeEntryOf } from "./nar_entries.ts";

/** How much is written at a time, in bytes. */
const CHUNK = 1 << 18;

/** When all files of a store were changed, in seconds since the epoch. */
const STORE_MTIME = 1;

/**
 * Writes what is in a NAR to `path`, which is not there yet, with the modes and times that a store
 * has. Nothing is written elsewhere: all directories below `path` are new ones.
 *
 * The caller removes what is there of it if it fails.
 *
 * @throws {ImageError} if the NAR is broken or has names that Deno can not give to files.
 */
export async function unpackNar(
  nar: ReadableStream<Uint8Array>,
  path: string,
  options: NarOptions = {},
): Promise<void> {
  const reader = new NarReader(nar, options);
  const directories: string[] = [];
  const buffer = new Uint8Array(CHUNK);
  try {
    for (let node = await reader.next(); node; node = await reader.next()) {
      checkName(node, options.of ?? path);
      const target = path + node.path;
      if (node.type === "file") await writeFile(reader, target, modeOf(node), buffer);
      else if (node.type === "symlink") {
        writingTo(target, () => Deno.symlinkSync(node.target, target));
      } else {
        writingTo(target, () => Deno.mkdirSync(target, { mode: 0o700 }));
        directories.push(target);
      }
      if (node.type !== "directory") settle(target);
    }
    // Not before all is in them.
    for (const directory of directories.reverse()) {
      writingTo(directory, () => Deno.chmodSync(directory, 0o555));
      settle(directory);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
}

function modeOf(node: NarNode): number {
  return treeEntryOf("", node).mode;
}

async function writeFile(
  reader: NarReader,
  path: string,
  mode: number,
  buffer: Uint8Array,
): Promise<void> {
  using file = writingTo(path, () => Deno.openSync(path, { write: true, createNew: true }));
  for (;;) {
    const length = await reader.read(buffer);
    if (length === 0) break;
    writingTo(path, () => {
      for (let at = 0; at < length;) at += file.writeSync(buffer.subarray(at, length));
    });
  }
  writingTo(path, () => Deno.chmodSync(path, mode));
}

function settle(path: string): void {
  writingTo(path, () => lutimesSync(path, STORE_MTIME, STORE_MTIME));
}

function checkName({ path, target }: NarNode, of: string): void {
  if (isUtf8(path) && isUtf8(target)) return;
  throw new ImageError(
    `Cannot unpack ${of}: the name or target of ${quoted(path)} in it is not UTF-8`,
  );
}
