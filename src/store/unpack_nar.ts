/**
 * Store paths on the disk from NARs.
 * @module
 */

import { lutimesSync } from "node:fs";
import { ImageError } from "../errors.ts";
import { isUtf8 } from "../tar/name.ts";
import { quoted } from "../visible.ts";
import { type NarNode, NarReader } from "./nar.ts";

/** How much of a file is written at a time, in bytes. */
const CHUNK = 1 << 19;

/** The time of all files in a store: a second after 1970 began. */
const STORE_TIME = 1;

/**
 * Makes the file, directory or symlink that a NAR describes, with the modes and times that Nix gives to
 * what is in a store. What is made is to be removed by the caller if this fails.
 *
 * @param path where there is nothing yet
 * @throws {ImageError} if it is no NAR, or has a name that is not UTF-8, which can not be made here;
 * or what the stream fails with.
 */
export async function unpackNar(stream: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const reader = new NarReader(stream);
  const directories: string[] = [];
  let chunk: Uint8Array | undefined;
  try {
    for (let node = await reader.next(); node !== undefined; node = await reader.next()) {
      const place = path + node.path;
      checkNames(node, path);
      if (node.type === "directory") {
        // What is there already is never gone into: it may be a symlink.
        Deno.mkdirSync(place, { mode: 0o700 });
        directories.push(place);
      } else if (node.type === "symlink") {
        Deno.symlinkSync(node.target, place);
        lutimesSync(place, STORE_TIME, STORE_TIME);
      } else {
        await writeFile(reader, node, place, chunk ??= new Uint8Array(CHUNK));
      }
    }
    // Nothing can be made in them afterwards, and they change with what is.
    for (const directory of directories.reverse()) finish(directory, 0o555);
  } catch (error) {
    await reader.cancel();
    if (error instanceof ImageError || !(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(`Cannot unpack ${path}: ${error.message}`, { cause: error });
  }
}

async function writeFile(
  reader: NarReader,
  { executable }: NarNode,
  place: string,
  chunk: Uint8Array,
): Promise<void> {
  using file = Deno.openSync(place, { write: true, createNew: true, mode: 0o600 });
  for (let length = await reader.read(chunk); length > 0; length = await reader.read(chunk)) {
    for (let at = 0; at < length;) at += file.writeSync(chunk.subarray(at, length));
  }
  finish(place, executable ? 0o555 : 0o444);
}

function finish(place: string, mode: number): void {
  Deno.chmodSync(place, mode);
  Deno.utimeSync(place, STORE_TIME, STORE_TIME);
}

/** Deno makes files of names that are UTF-8 alone. */
function checkNames({ path, target }: NarNode, top: string): void {
  if (isUtf8(path) && isUtf8(target)) return;
  throw new ImageError(
    `${top} can not be unpacked, as ${quoted(path)} is not UTF-8 or leads to what is not; with a ` +
      "Nix store on this host that has it, it is read from there",
  );
}
