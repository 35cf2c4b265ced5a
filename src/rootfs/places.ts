/**
 * Sources on this host: store paths, and the directories outside of the store that a spec names.
 * Symlinks are followed within them alone, as if there were nothing else on the host: what else is
 * there must not change an image.
 * @module
 */

import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { NarTree } from "../store/nar_tree.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { enclosingStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";
import { isUtf8 } from "../tar/name.ts";
import { walkDirectory } from "./directory_walk.ts";
import type { Owner, RootEntry } from "./root_tree.ts";
import { SourceTree } from "./source_tree.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** Where a path leads. */
export type Destination =
  /** To this place, which is no symlink. */
  | { readonly place: string; readonly tree: SourceTree; readonly entry: RootEntry }
  /** To nothing that is there, out of what may be looked at, or through too many links. */
  | { readonly missing: string }
  | { readonly outside: string }
  | "loop";

/** Looks up places, and reads each store path and each directory but once. */
export class Places {
  readonly #store: StoreFiles;
  readonly #owner: Owner;
  /** By place of the top entry; undefined for a store path that is not there. */
  readonly #trees = new Map<string, SourceTree | undefined>();
  readonly #nars: NarTree[] = [];
  /** What is not as in a source, one sentence each. */
  readonly notices: string[] = [];

  constructor(store: StoreFiles, owner: Owner) {
    this.#store = store;
    this.#owner = owner;
  }

  /**
   * Reads a directory outside of the store.
   *
   * @returns its place, free of symlinks
   */
  async addDirectory(path: string): Promise<string> {
    const place = readingFrom(path, () => Deno.realPathSync(path));
    if (!this.#trees.has(place)) this.#trees.set(place, await this.#readDirectory(place));
    return place;
  }

  /** Follows all symlinks in `path`, absolute and logical, the last one too. */
  async follow(path: string): Promise<Destination> {
    let place = ""; // followed so far; "" is the host's root
    const pending = componentsFromLast(path);
    for (let links = 0, next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === "..") {
        place = place.slice(0, Math.max(0, place.lastIndexOf("/")));
        continue;
      }
      place += `/${next}`;
      const tree = await this.#treeOf(place);
      if (tree === "above") continue;
      if (tree === "elsewhere") return { outside: [place, ...pending.reverse()].join("/") };
      const entry = tree?.get(place);
      if (tree === undefined || entry === undefined) return { missing: place };
      if (entry.type === "symlink") {
        if (++links > MAX_LINKS) return "loop";
        pending.push(...componentsFromLast(entry.target));
        place = entry.target.startsWith("/") ? "" : place.slice(0, place.lastIndexOf("/"));
      } else if (pending.length === 0) return { place, tree, entry };
      else if (entry.type !== "directory") return { missing: `${place}/${pending.at(-1)}` };
    }
    return this.#endOf(place);
  }

  /** Ends what is held open for the content of files. */
  async close(): Promise<void> {
    for (const nar of this.#nars) await nar.close();
  }

  /** Where a path leads that ends in `..`, and hence in a directory. */
  async #endOf(place: string): Promise<Destination> {
    const tree = place === "" ? "above" : await this.#treeOf(place);
    const entry = typeof tree === "object" ? tree.get(place) : undefined;
    if (typeof tree !== "object" || entry === undefined) return { outside: place || "/" };
    return { place, tree, entry };
  }

  /** The tree that a place is in, or that it lies above one, or has nothing to do with any. */
  async #treeOf(place: string): Promise<SourceTree | undefined | "above" | "elsewhere"> {
    const storePath = enclosingStorePath(place);
    if (storePath !== undefined) {
      if (!this.#trees.has(storePath)) {
        this.#trees.set(storePath, await this.#readStorePath(storePath));
      }
      return this.#trees.get(storePath);
    }
    const tops = [...this.#trees.keys()];
    const top = tops.find((top) => place === top || place.startsWith(`${top}/`));
    if (top !== undefined) return this.#trees.get(top);
    const isAbove = [STORE_DIR, ...tops].some((top) => `${top}/`.startsWith(`${place}/`));
    return isAbove ? "above" : "elsewhere";
  }

  async #readStorePath(path: StorePath): Promise<SourceTree | undefined> {
    const listed = await this.#store.entriesOf(path);
    if (listed !== undefined) {
      // To be there as a file is for those alone that are opened.
      const open = async (file: string) => openFile(await this.#store.rootOf(path) + file);
      const entries = listed.map((entry) => this.#entryOf(entry, "", () => open(entry.path)));
      return new SourceTree(path, entries);
    }
    const root = await this.#store.rootOf(path);
    if (!isThere(root + path)) return undefined;
    try {
      const entries = Array.from(
        walkTree(path, root),
        (entry) => this.#entryOf(entry, root, () => openFile(root + entry.path)),
      );
      return new SourceTree(path, entries);
    } catch (error) {
      if (!(error instanceof LossyNameError)) throw error;
    }
    const nar = await NarTree.list(path, root);
    this.#nars.push(nar);
    const entries = nar.entries.map((entry) => this.#entryOf(entry, root, () => nar.open(entry)));
    return new SourceTree(path, entries);
  }

  #entryOf(entry: TreeEntry, root: string, open: NonNullable<RootEntry["open"]>): RootEntry {
    return {
      ...entry,
      ...this.#owner,
      origin: root + entry.path,
      open: entry.type === "file" ? open : undefined,
    };
  }

  async #readDirectory(place: string): Promise<SourceTree> {
    try {
      return new SourceTree(place, walkDirectory(place, this.#owner));
    } catch (error) {
      if (!(error instanceof LossyNameError)) throw error;
    }
    const nar = await NarTree.list(place, "");
    this.#nars.push(nar);
    this.notices.push(
      `${place} has names that are not UTF-8: of the modes of what they name, ` +
        "it is kept only whether it may be executed",
    );
    const entries = nar.entries.map((entry): RootEntry => ({
      ...entry,
      ...this.#owner,
      mode: modeOf(entry),
      origin: entry.path,
      open: entry.type === "file" ? () => nar.open(entry) : undefined,
    }));
    return new SourceTree(place, entries);
  }
}

/** A NAR's modes are those of a store, in which nobody may write. */
function modeOf({ path, type, mode }: TreeEntry): number {
  if (!isUtf8(path)) return type === "symlink" ? 0o777 : mode | 0o200;
  return (readingFrom(path, () => Deno.lstatSync(path)).mode ?? 0) & 0o7777;
}

function isThere(path: string): boolean {
  try {
    readingFrom(path, () => Deno.lstatSync(path));
    return true;
  } catch (error) {
    if (error instanceof ImageError && error.cause instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function componentsFromLast(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".").reverse();
}
