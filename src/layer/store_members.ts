/**
 * The files of store paths as members of a tar, listed once for its size and once more, or from what
 * was kept, for its bytes.
 * @module
 */

import { ImageError } from "../errors.ts";
import { openFile } from "../store/files.ts";
import type { NarPath, NarPaths } from "../store/nar_path.ts";
import { NarTree } from "../store/nar_tree.ts";
import type { StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";
import type { TarFormat } from "../tar/tar_header.ts";
import { memberSize, type MemberSource, type TarMember } from "../tar/stream.ts";
import { type NarFile, NarFiles } from "./nar_files.ts";

/** Store paths that are not on the disk, and where there is room for what is read of them. */
export interface LayerNars {
  readonly nars: NarPaths;
  /**
   * A private directory: for a layer whose size nothing tells, and for files that a NAR has in another
   * order than the layer. Called when it is needed.
   */
  readonly spool: () => Promise<string>;
}

/** How the files of store paths become members. */
export interface StoreMembersOptions {
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly root: string;
  readonly format: TarFormat;
  /** Makes the member for a file; called for each file, so it has to be quick. */
  readonly memberOf: (entry: TreeEntry, origin: string, open: TarMember["open"]) => TarMember;
  /** Where the store paths are that are not on the disk. */
  readonly elsewhere?: LayerNars | undefined;
}

/** Metadata of at most so many files is kept between sizing a layer and reading it. */
const KEPT_ENTRIES = 20_000;

/** So many NARs are opened ahead of being read, so that one need not wait for each of them. */
const NARS_AHEAD = 2;

/** A store path on disk as the layer will hold it. */
interface DiskTree {
  /** What its members take up in the tar, in bytes. */
  readonly size: number;
  /** Its files, unless there are too many to keep. */
  readonly entries: Iterable<TreeEntry>;
  /** Where it is read from, if not from the disk alone. */
  readonly nar: NarTree | undefined;
}

/** A store path that comes as a NAR. */
interface ComingTree {
  readonly path: StorePath;
  readonly coming: NarPath;
  /** What its members take up in the tar, in bytes, if the layer's size was told. */
  readonly size?: number | undefined;
  /** Where it is opened. */
  files?: NarFiles;
}

type Tree = DiskTree | ComingTree;

/** The files of some store paths, in the order given. */
export class StoreMembers {
  readonly #paths: readonly StorePath[];
  readonly #options: StoreMembersOptions;
  #trees: Promise<readonly Tree[]> | undefined;

  constructor(paths: readonly StorePath[], options: StoreMembersOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  /** Whether any of them is not on the disk. */
  get areElsewhere(): boolean {
    return this.#paths.some((path) => this.#options.elsewhere?.nars(path) !== undefined);
  }

  /** What all members take up in the tar, in bytes: from metadata alone; undefined if that does not tell. */
  async size(): Promise<number | undefined> {
    this.#trees ??= this.#scan(true);
    const sizes = (await this.#trees).map(({ size }) => size);
    if (sizes.includes(undefined)) this.#trees = undefined;
    return sizes.reduce(
      (sum, size) => sum === undefined || size === undefined ? undefined : sum + size,
      0,
    );
  }

  /** The members, behind those given. */
  read(first: readonly TarMember[]): MemberSource {
    const kept = this.#trees;
    // What was kept is for one reading; the layer may live much longer.
    this.#trees = undefined;
    return new TreeReader(first, () => kept ?? this.#scan(false), this.#options);
  }

  async #scan(sized: boolean): Promise<readonly Tree[]> {
    const trees: Tree[] = [];
    let room = KEPT_ENTRIES;
    for (const path of this.#paths) {
      const coming = this.#options.elsewhere?.nars(path);
      if (coming !== undefined) {
        const entries = sized ? await coming.entries() : undefined;
        const size = entries?.reduce((sum, entry) => sum + this.#sizeOf(entry), 0);
        trees.push({ path, coming, size });
        // The layer is read for its size then: no need to look at the others.
        if (sized && size === undefined) break;
        continue;
      }
      const tree = await this.#scanTree(path, room);
      if (Array.isArray(tree.entries)) room -= tree.entries.length;
      trees.push(tree);
    }
    return trees;
  }

  async #scanTree(path: StorePath, room: number): Promise<DiskTree> {
    try {
      return this.#scanOnDisk(path, room);
    } catch (error) {
      if (error instanceof LossyNameError) return await this.#scanNar(path);
      throw error;
    }
  }

  #scanOnDisk(path: StorePath, room: number): DiskTree {
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

  async #scanNar(path: StorePath): Promise<DiskTree> {
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
  #tree: DiskTree | undefined;
  #entries: Iterator<TreeEntry> | undefined;
  /** What is read instead of the disk, and what is left of its size if that was told. */
  #coming: ComingTree | undefined;
  #left = 0;

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
    if (this.#coming?.files) {
      const { files } = this.#coming;
      const next = files.next();
      return next instanceof Promise
        ? next.then((file) => this.#comingMember(file))
        : this.#comingMember(next);
    }
    const entry = this.#entries?.next();
    return entry && !entry.done ? this.#member(entry.value) : this.#nextTree();
  }

  async #nextTree(): Promise<TarMember | undefined> {
    this.#trees ??= [...await this.#scan()];
    await this.#tree?.nar?.close();
    await this.#coming?.files?.close();
    this.#openAhead(this.#trees);
    const tree = this.#trees.shift();
    this.#coming = tree && "coming" in tree ? tree : undefined;
    this.#left = this.#coming?.size ?? 0;
    this.#tree = tree && "entries" in tree ? tree : undefined;
    this.#entries = this.#tree?.entries[Symbol.iterator]();
    return tree && this.next();
  }

  /** Opens the NAR that is read next, and some behind it. */
  #openAhead(trees: readonly Tree[]): void {
    const { elsewhere } = this.#options;
    if (elsewhere === undefined) return;
    for (const tree of trees.filter((tree) => "coming" in tree).slice(0, 1 + NARS_AHEAD)) {
      if (tree.files) continue;
      tree.files = new NarFiles(tree.path, tree.coming, elsewhere.spool);
      tree.files.start();
    }
  }

  async close(): Promise<void> {
    await this.#tree?.nar?.close();
    const opened = [this.#coming, ...this.#trees ?? []].map((tree) =>
      tree && "coming" in tree ? tree.files?.close() : undefined
    );
    await Promise.all(opened);
  }

  #comingMember(
    file: NarFile | undefined,
  ): TarMember | undefined | Promise<TarMember | undefined> {
    const { path, size, coming } = this.#coming!;
    const otherSize = () =>
      new ImageError(
        `The NAR of ${path} from ${coming.from} has other files than its store's listing says, ` +
          "which told the layer's size",
      );
    if (file === undefined) {
      if (size !== undefined && this.#left > 0) throw otherSize();
      return this.#nextTree();
    }
    const { memberOf, format } = this.#options;
    const { entry, open } = file;
    const member = memberOf(entry, entry.path, entry.type === "file" ? open : undefined);
    if (size !== undefined) this.#left -= memberSize(member, format);
    if (this.#left < 0) throw otherSize();
    return member;
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
