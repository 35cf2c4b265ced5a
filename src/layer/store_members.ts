/**
 * The files of store paths as members of a tar, listed once for its size and once more, or from what
 * was kept, for its bytes.
 * @module
 */

import { openFile } from "../store/files.ts";
import { NarTree } from "../store/nar_tree.ts";
import type { StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";
import type { TarFormat } from "../tar/tar_header.ts";
import { memberSize, type MemberSource, type TarMember } from "../tar/stream.ts";

/** How the files of store paths become members. */
export interface StoreMembersOptions {
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly root: string;
  readonly format: TarFormat;
  /** Makes the member for a file; called for each file, so it has to be quick. */
  readonly memberOf: (entry: TreeEntry, origin: string, open: TarMember["open"]) => TarMember;
}

/** Metadata of at most so many files is kept between sizing a layer and reading it. */
const KEPT_ENTRIES = 20_000;

/** A store path as the layer will hold it. */
interface Tree {
  /** What its members take up in the tar, in bytes. */
  readonly size: number;
  /** Its files, unless there are too many to keep. */
  readonly entries: Iterable<TreeEntry>;
  /** Where it is read from, if not from the disk alone. */
  readonly nar: NarTree | undefined;
}

/** The files of some store paths, in the order given. */
export class StoreMembers {
  readonly #paths: readonly StorePath[];
  readonly #options: StoreMembersOptions;
  #trees: Promise<readonly Tree[]> | undefined;

  constructor(paths: readonly StorePath[], options: StoreMembersOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  /** What all members take up in the tar, in bytes: from metadata alone. */
  async size(): Promise<number> {
    this.#trees ??= this.#scan();
    return (await this.#trees).reduce((sum, { size }) => sum + size, 0);
  }

  /** The members, behind those given. */
  read(first: readonly TarMember[]): MemberSource {
    const kept = this.#trees;
    // What was kept is for one reading; the layer may live much longer.
    this.#trees = undefined;
    return new TreeReader(first, () => kept ?? this.#scan(), this.#options);
  }

  async #scan(): Promise<readonly Tree[]> {
    const trees: Tree[] = [];
    let room = KEPT_ENTRIES;
    for (const path of this.#paths) {
      const tree = await this.#scanTree(path, room);
      if (Array.isArray(tree.entries)) room -= tree.entries.length;
      trees.push(tree);
    }
    return trees;
  }

  async #scanTree(path: StorePath, room: number): Promise<Tree> {
    try {
      return this.#scanOnDisk(path, room);
    } catch (error) {
      if (error instanceof LossyNameError) return await this.#scanNar(path);
      throw error;
    }
  }

  #scanOnDisk(path: StorePath, room: number): Tree {
    let size = 0;
    const kept: TreeEntry[] = [];
    for (const entry of walkTree(path, this.#options.root)) {
      size += this.#sizeOf(entry);
      if (kept.length <= room) kept.push(entry);
    }
    const { root } = this.#options;
    const again = { [Symbol.iterator]: () => walkTree(path, root) };
    return { size, entries: kept.length <= room ? kept : again, nar: undefined };
  }

  async #scanNar(path: StorePath): Promise<Tree> {
    const nar = await NarTree.list(path, this.#options.root);
    let size = 0;
    for (const entry of nar.entries) size += this.#sizeOf(entry);
    return { size, entries: nar.entries, nar };
  }

  #sizeOf(entry: TreeEntry): number {
    const { memberOf, format } = this.#options;
    return memberSize(memberOf(entry, entry.path, undefined), format);
  }
}

/** The members of trees, one store path after another. */
class TreeReader implements MemberSource {
  readonly #first: TarMember[];
  readonly #scan: () => Promise<readonly Tree[]>;
  readonly #options: StoreMembersOptions;
  #trees: Tree[] | undefined;
  #tree: Tree | undefined;
  #entries: Iterator<TreeEntry> | undefined;

  constructor(
    first: readonly TarMember[],
    scan: () => Promise<readonly Tree[]>,
    options: StoreMembersOptions,
  ) {
    this.#first = [...first];
    this.#scan = scan;
    this.#options = options;
  }

  next(): TarMember | undefined | Promise<TarMember | undefined> {
    const first = this.#first.shift();
    if (first) return first;
    const entry = this.#entries?.next();
    return entry && !entry.done ? this.#member(entry.value) : this.#nextTree();
  }

  async #nextTree(): Promise<TarMember | undefined> {
    this.#trees ??= [...await this.#scan()];
    await this.#tree?.nar?.close();
    this.#tree = this.#trees.shift();
    this.#entries = this.#tree?.entries[Symbol.iterator]();
    return this.#tree && this.next();
  }

  async close(): Promise<void> {
    await this.#tree?.nar?.close();
  }

  #member(entry: TreeEntry): TarMember {
    const nar = this.#tree?.nar;
    const { root, memberOf } = this.#options;
    const origin = root + entry.path;
    const open = entry.type !== "file"
      ? undefined
      : nar
      ? () => nar.open(entry)
      : () => openFile(origin);
    return memberOf(entry, origin, open);
  }
}
