/**
 * The finished top layer: its members as a file, so that it can be scanned, hashed and sent without
 * being made twice.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { memberSize, membersOf, tarStream } from "../tar/stream.ts";
import type { FinishedTop } from "../layer/finished_top.ts";
import type { TarFormat } from "../tar/tar_header.ts";
import type { RootTree } from "./root_tree.ts";
import { topArchive } from "./top_layer.ts";

/**
 * Writes the members of `tree` to `file`, which must not be there.
 *
 * @param least the format to use where nothing asks for pax
 * @throws {ImageError} if something can not be read or written; the file is removed.
 */
export async function finishTop(
  tree: RootTree,
  file: string,
  least: TarFormat,
): Promise<FinishedTop> {
  const archive = topArchive(tree);
  const { members } = archive;
  const format = least === "pax" ? least : archive.format;
  let size = 0;
  for (const member of members) size += memberSize(member, format);
  const hash = createHash("sha256");
  try {
    using output = openNew(file);
    let left = size;
    const reader = tarStream(membersOf(members), format).getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(1 << 20);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      const chunk = value.subarray(0, left);
      hash.update(chunk);
      writeAll(output, chunk, file);
      left -= chunk.length;
      buffer = value.buffer;
    }
  } catch (error) {
    await Deno.remove(file).catch(() => {});
    throw error;
  }
  const digest = `sha256:${hash.digest("hex")}`;
  return { file, size, format, digest, hasNix: tree.has("nix"), hasStore: tree.has("nix/store") };
}

function openNew(file: string): Deno.FsFile {
  try {
    return Deno.openSync(file, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    throw new ImageError(`Cannot write the top layer: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function writeAll(output: Deno.FsFile, bytes: Uint8Array, file: string): void {
  try {
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(output.writeSync(rest));
  } catch (error) {
    const message = `Cannot write the top layer to ${file}: ${(error as Error).message}`;
    throw new ImageError(`${message}; TMPDIR says where temporary files go`, { cause: error });
  }
}
