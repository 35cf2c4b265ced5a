/**
 * Layers of store paths, with the bytes of nixpkgs' streamLayeredImage.
 * @module
 */

import { NarTree } from "../store/nar_tree.ts";
import { openFile } from "../store/files.ts";
import { namePart, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";
import { archiveEnd } from "../tar/header.ts";
import { memberSize, type MemberSource, type TarMember, tarStream } from "../tar/stream.ts";
import { FORMAT_VERSION } from "./format_version.ts";
import { identityOf, type Layer, pythonList } from "./layer.ts";
import type { PermissionRules } from "./permissions.ts";

/** Who owns the files of a layer, and the time they show. */
export interface Ownership {
  /** User, by number. */
  readonly uid: number;
  /** Group, by number. */
  readonly gid: number;
  /** User, by name; readers that know the name may prefer it to the number. */
  readonly uname: string;
  /** Group, by name. */
  readonly gname: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
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

/** A layer of store paths, in the order given. */
export class StoreLayer implements Layer {
  readonly #paths: readonly StorePath[];
  readonly #owner: Ownership;
  readonly #root: string;
  /** Only if they are of any effect here: asking them takes time for each file. */
  readonly #rules: PermissionRules | undefined;
  #trees: Promise<readonly Tree[]> | undefined;

  /**
   * A layer that reads nothing before it is asked to.
   *
   * @param paths the store paths
   * @param owner of all files, whoever owns them in the store
   * @param root the directory that holds `nix/store`: "" for the host's own
   * @param rules for what some files are to have instead
   */
  constructor(
    paths: readonly StorePath[],
    owner: Ownership,
    root: string,
    rules?: PermissionRules,
  ) {
    this.#paths = paths;
    this.#owner = owner;
    this.#root = root;
    this.#rules = rules?.touchStore ? rules : undefined;
  }

  /** The names of the store paths. */
  get label(): string {
    return this.#paths.map(namePart).join(", ");
  }

  /** As nixpkgs writes it: a Python list of the store paths. */
  get comment(): string {
    return `store paths: ${pythonList(this.#paths)}`;
  }

  /** See {@linkcode Layer.identity}. */
  get identity(): string {
    const { uid, gid, uname, gname, mtime } = this.#owner;
    const rules = this.#rules === undefined ? [] : [this.#rules.identity];
    return identityOf(
      "store",
      FORMAT_VERSION,
      this.#paths,
      uid,
      gid,
      uname,
      gname,
      mtime,
      ...rules,
    );
  }

  /** See {@linkcode Layer.tarSize}. */
  async tarSize(): Promise<number> {
    this.#trees ??= this.#scan();
    let size = 0;
    for (const parent of this.#parents()) size += memberSize(parent, "pax");
    for (const tree of await this.#trees) size += tree.size;
    return archiveEnd(size);
  }

  /** See {@linkcode Layer.open}. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const kept = this.#trees;
    // What was kept is for one reading; the layer may live much longer.
    this.#trees = undefined;
    const scan = () => kept ?? this.#scan();
    const member: MemberMaker = (entry, origin, open) => this.#member(entry, origin, open);
    return tarStream(new StoreMembers(this.#parents(), scan, member, this.#root), "pax");
  }

  #parents(): TarMember[] {
    return ["/nix", STORE_DIR].map((path) => {
      const entry = { path, type: "directory", mode: 0o755, size: 0, target: "" } as const;
      return this.#member(entry, path, undefined);
    });
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
    for (const entry of walkTree(path, this.#root)) {
      size += this.#sizeOf(entry);
      if (kept.length <= room) kept.push(entry);
    }
    const root = this.#root;
    const again = { [Symbol.iterator]: () => walkTree(path, root) };
    return { size, entries: kept.length <= room ? kept : again, nar: undefined };
  }

  async #scanNar(path: StorePath): Promise<Tree> {
    const nar = await NarTree.list(path, this.#root);
    let size = 0;
    for (const entry of nar.entries) size += this.#sizeOf(entry);
    return { size, entries: nar.entries, nar };
  }

  #sizeOf(entry: TreeEntry): number {
    return memberSize(this.#member(entry, entry.path, undefined), "pax");
  }

  #member(entry: TreeEntry, origin: string, open: TarMember["open"]): TarMember {
    const member = memberOf(entry, this.#owner, origin, open);
    return this.#rules === undefined ? member : withRules(member, this.#rules);
  }
}

/** Makes the member that an entry of a tree is in the archive. */
type MemberMaker = (entry: TreeEntry, origin: string, open: TarMember["open"]) => TarMember;

function memberOf(
  { path, type, mode, size, target }: TreeEntry,
  { uid, gid, uname, gname, mtime }: Ownership,
  origin: string,
  open: TarMember["open"],
): TarMember {
  // Spelt out: there are tens of thousands, and copies of objects cost.
  return {
    name: path,
    type,
    mode,
    size,
    linkname: target,
    uid,
    gid,
    uname,
    gname,
    mtime,
    origin,
    open,
  };
}

/** A name outweighs the number for some readers, so it goes where a rule sets another number. */
function withRules(member: TarMember, rules: PermissionRules): TarMember {
  const attributes = rules.apply(member.name, member.type, member);
  if (attributes === member) return member;
  const { uid, gid, mode, xattrs } = attributes;
  const uname = uid === member.uid ? member.uname : "";
  const gname = gid === member.gid ? member.gname : "";
  return { ...member, uid, gid, mode, xattrs, uname, gname };
}

/** The members of a layer: the store directory, then the files of one store path after another. */
class StoreMembers implements MemberSource {
  readonly #parents: TarMember[];
  readonly #scan: () => Promise<readonly Tree[]>;
  readonly #memberOf: MemberMaker;
  readonly #root: string;
  #trees: Tree[] | undefined;
  #tree: Tree | undefined;
  #entries: Iterator<TreeEntry> | undefined;

  constructor(
    parents: TarMember[],
    scan: () => Promise<readonly Tree[]>,
    memberOf: MemberMaker,
    root: string,
  ) {
    this.#parents = parents;
    this.#scan = scan;
    this.#memberOf = memberOf;
    this.#root = root;
  }

  next(): TarMember | undefined | Promise<TarMember | undefined> {
    const parent = this.#parents.shift();
    if (parent) return parent;
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
    const origin = this.#root + entry.path;
    const open = entry.type !== "file"
      ? undefined
      : nar
      ? () => nar.open(entry)
      : () => openFile(origin);
    return this.#memberOf(entry, origin, open);
  }
}
