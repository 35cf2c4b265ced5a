/**
 * Which files NARs have, kept from run to run by the hashes of the NARs, which were looked at when these
 * were read: where names are enough, a path that was seen once is not fetched again.
 *
 * Each is a file of its own: a line with a checksum, and JSON. A file that says anything else counts as
 * missing. Files are replaced as a whole, so programs may share the directory.
 *
 * Whoever can write there can say what an image's root is made of.
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path/posix";
import { treeEntryOf } from "../store/nar_entries.ts";
import type { NarPath } from "../store/nar_path.ts";
import type { StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";

/** A file: its path below the store path, and what it is. */
type Line =
  | readonly [path: string, type: "d"]
  | readonly [path: string, type: "l", target: string]
  | readonly [path: string, type: "f" | "x", size: number];

/** See above. It does not matter if the directory can not be read or written: all is missing then. */
export class KeptListings {
  readonly #directory: string;

  /** @param directory may not be there yet */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The files of a path with this NAR, in the order of a layer. */
  async get(path: StorePath, { narHash }: Pick<NarPath, "narHash">): Promise<
    TreeEntry[] | undefined
  > {
    let kept: string;
    try {
      kept = await Deno.readTextFile(this.#fileOf(narHash));
    } catch {
      return undefined;
    }
    const text = kept.slice(kept.indexOf("\n") + 1);
    if (kept !== withChecksum(narHash, text)) return undefined;
    const lines: readonly Line[] = JSON.parse(text);
    return lines.map((line) => entryOf(path, line));
  }

  /** Keeps what was found in a NAR that was read to its end. */
  async put(
    path: StorePath,
    { narHash }: Pick<NarPath, "narHash">,
    entries: readonly TreeEntry[],
  ): Promise<void> {
    const file = this.#fileOf(narHash);
    const temporary = `${file}.${crypto.randomUUID()}`;
    const text = JSON.stringify(entries.map((entry) => lineOf(path, entry)));
    try {
      await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(temporary, withChecksum(narHash, text), {
        createNew: true,
        mode: 0o600,
      });
      await Deno.rename(temporary, file);
    } catch {
      await Deno.remove(temporary).catch(() => {});
    }
  }

  #fileOf(narHash: string): string {
    return join(this.#directory, narHash.replace("sha256:", ""));
  }
}

function withChecksum(narHash: string, text: string): string {
  return `${createHash("sha256").update(`${narHash}\n${text}`).digest("hex")}\n${text}`;
}

function lineOf(top: StorePath, { path, type, mode, size, target }: TreeEntry): Line {
  const below = path.slice(top.length);
  if (type === "directory") return [below, "d"];
  if (type === "symlink") return [below, "l", target];
  return [below, (mode & 0o111) === 0 ? "f" : "x", size];
}

function entryOf(top: StorePath, [path, type, fact]: Line): TreeEntry {
  return treeEntryOf(top, {
    path,
    type: type === "d" ? "directory" : type === "l" ? "symlink" : "file",
    executable: type === "x",
    size: typeof fact === "number" ? fact : 0,
    target: typeof fact === "string" ? fact : "",
  });
}
