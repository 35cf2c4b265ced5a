/**
 * What is in a layer of a base image, without contents.
 * @module
 */

import { ImageError } from "../errors.ts";
import { readLayer } from "../layer/layer.ts";
import { type ListedFile, storePathDigest } from "../layer/store_path_digest.ts";
import { enclosingStorePath, type StorePath } from "../store/store_path.ts";
import { type ArchiveVisitor, HeaderReader, type RawHeader } from "../tar/read_headers.ts";
import type { FileType } from "../tar/tar_header.ts";
import { layerPath } from "./layer_path.ts";
import type { StoredLayer } from "./stored_image.ts";
import { hiddenBy, isOfAufs } from "./whiteouts.ts";

/** Something in a layer. */
export interface ListedEntry {
  /** In the image, without a slash at either end. */
  readonly path: string;
  /** A hard link is what it links to. */
  readonly type: FileType;
  /** Permission bits. */
  readonly mode: number;
  /** User, by number. */
  readonly uid: number;
  /** Group, by number. */
  readonly gid: number;
  /** In bytes; 0 for all but files. */
  readonly size: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
}

/** A store path that a layer has files of. */
export interface ListedStorePath {
  /** Of those files. */
  readonly digest: string;
  /** Their contents, in bytes. */
  readonly size: number;
  /** How many there are, directories and links among them. */
  readonly files: number;
}

/** What is in a layer. */
export interface LayerListing {
  /** The size of its tar in bytes. */
  readonly tarSize: number;
  /** What is in no store path, in the layer's order; of entries with the same path the last counts. */
  readonly entries: readonly ListedEntry[];
  /** The store paths, whole or in parts. */
  readonly storePaths: ReadonlyMap<StorePath, ListedStorePath>;
  /** What the layer removes from those below it (OCI image spec, layer, whiteouts). */
  readonly whiteouts: readonly string[];
  /** The directories of which it removes all that is in those below it. */
  readonly opaque: readonly string[];
}

/** What one image may have; metadata is held in memory. */
const MAX_FILES = 1_000_000;

const TYPES: Readonly<Record<string, FileType>> = {
  "0": "file",
  "7": "file",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

/**
 * Lists a layer: a pass over all of its bytes, which are verified.
 *
 * @throws {ImageError} if it is damaged, or something in it is out of place.
 */
export async function listLayer(layer: StoredLayer): Promise<LayerListing> {
  const lister = new Lister(layer.name);
  const reader = new HeaderReader(lister);
  let tarSize = 0;
  try {
    await readLayer(layer, (chunk) => {
      tarSize += chunk.length;
      reader.update(chunk);
    });
    reader.finish();
  } catch (error) {
    if (!(error instanceof ImageError) || error.message.includes(layer.name)) throw error;
    throw new ImageError(`${layer.name}: ${error.message}`, { cause: error });
  }
  return { tarSize, ...lister.finish() };
}

type Linked = Pick<ListedFile, "type" | "mode" | "size" | "target">;

class Lister implements ArchiveVisitor {
  readonly #where: string;
  readonly #entries: ListedEntry[] = [];
  /** How many of the entries {@linkcode Lister.#found} has seen. */
  #seen = 0;
  readonly #entriesByPath = new Map<string, ListedEntry>();
  readonly #storeFiles = new Map<StorePath, Map<string, ListedFile>>();
  readonly #whiteouts: string[] = [];
  readonly #opaque: string[] = [];
  #count = 0;

  constructor(where: string) {
    this.#where = where;
  }

  member(header: RawHeader): void {
    const { type: flag, mode, uid, gid } = header;
    if (flag === "g" || flag === "V") return;
    if (++this.#count > MAX_FILES) {
      throw new ImageError(`${this.#where} has more than ${MAX_FILES} files`);
    }
    const path = layerPath(header.name, this.#where);
    if (this.#isWhiteout(path)) return;
    const linked = flag === "1" ? this.#linked(header, path) : undefined;
    const type = linked?.type ?? TYPES[flag];
    if (type === undefined) return; // what it is cannot matter to us
    const bits = (linked?.mode ?? mode) & 0o7777;
    const target = linked?.target ?? (type === "symlink" ? header.linkname : "");
    const size = type === "file" ? linked?.size ?? header.size : 0;
    const storePath = enclosingStorePath(`/${path}`);
    if (storePath === undefined) {
      this.#entries.push({ path, type, mode: bits, uid, gid, size: Math.max(0, size), target });
      return;
    }
    const name = path.slice(storePath.length); // path lacks the first slash, name the one behind
    const files = this.#storeFiles.get(storePath) ?? new Map<string, ListedFile>();
    this.#storeFiles.set(storePath, files);
    files.set(name, { name, type, mode: bits, uid, gid, size, target, xattrs: header.xattrs });
  }

  content(): void {}

  finish(): Omit<LayerListing, "tarSize"> {
    const storePaths = Array.from(this.#storeFiles, ([path, files]) => {
      const listed = [...files.values()];
      const size = listed.reduce((sum, { size }) => sum + size, 0);
      return [path, { digest: storePathDigest(listed), size, files: listed.length }] as const;
    });
    return {
      entries: this.#entries,
      storePaths: new Map(storePaths),
      whiteouts: this.#whiteouts,
      opaque: this.#opaque,
    };
  }

  #isWhiteout(path: string): boolean {
    const slash = path.lastIndexOf("/") + 1;
    const [directory, name] = [path.slice(0, slash), path.slice(slash)];
    if (directory === "" && isOfAufs(name)) return true;
    const hidden = hiddenBy(name);
    if (hidden === undefined) return false;
    if (hidden === "everything") this.#opaque.push(directory.slice(0, -1));
    else this.#whiteouts.push(directory + hidden.name);
    return true;
  }

  /** What a hard link is, if that is in the same layer; else it is some file. */
  #linked({ linkname }: RawHeader, path: string): Linked {
    const target = layerPath(linkname, this.#where);
    const found = this.#find(target);
    if (found) return found;
    return { type: "file", mode: 0o644, size: path === target ? -1 : 0, target: "" };
  }

  #find(path: string): Linked | undefined {
    const storePath = enclosingStorePath(`/${path}`);
    if (storePath) return this.#storeFiles.get(storePath)?.get(path.slice(storePath.length));
    // Few layers have hard links.
    for (; this.#seen < this.#entries.length; this.#seen++) {
      const entry = this.#entries[this.#seen]!;
      this.#entriesByPath.set(entry.path, entry);
    }
    return this.#entriesByPath.get(path);
  }
}
