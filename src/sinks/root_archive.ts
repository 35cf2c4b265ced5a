/**
 * A root file system as one tar archive (pax), for `tar --extract` and `docker import`.
 *
 * The order: directories, parents first; files as their layers have them, so that each layer is
 * read but once; then symlinks, devices and FIFOs. So nobody who unpacks it writes through a
 * symlink. Further names of a file come right behind it, as hard links.
 * @module
 */

import type { MergedRoot, RootName } from "../base/merged_root.ts";
import type { Layer } from "../layer/layer.ts";
import { archiveSize, type MemberSource, type TarMember, tarStream } from "../tar/stream.ts";
import type { TarHeader } from "../tar/tar_header.ts";
import { StreamRanges } from "./stream_ranges.ts";

/** Told how far writing is. */
export interface RootArchiveOptions {
  /** The layer at this index is read from now on. */
  readonly onLayer?: (index: number) => void;
}

/** An archive that is made when it is read. */
export interface RootArchive {
  /** In bytes. */
  readonly size: number;
  /**
   * The bytes: a readable byte stream. It fails with what a layer fails with, at its end if its
   * digest is another one.
   */
  open(options?: RootArchiveOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * The archive of a root file system.
 *
 * @param layers those that it was merged from
 */
export function rootArchive(
  root: MergedRoot,
  layers: readonly Layer[],
): RootArchive {
  const groups = inOrder(root);
  return {
    size: archiveSize(headersOf(groups), "pax"),
    open: ({ onLayer = () => {} } = {}) =>
      tarStream(new RootMembers(groups, layers, onLayer), "pax"),
  };
}

/** The names of one file. */
type Group = [first: RootName, ...others: RootName[]];

function inOrder(root: MergedRoot): Group[] {
  const directories: Group[] = [], files: Group[] = [], others: Group[] = [];
  const linked = new Map<RootName["file"], Group>();
  for (const name of root.names()) {
    const { file } = name;
    const group = file.linked ? linked.get(file) : undefined;
    if (group !== undefined) {
      group.push(name);
      continue;
    }
    const made: Group = [name];
    if (file.linked) linked.set(file, made);
    const kind = file.type === "directory" ? directories : file.type === "file" ? files : others;
    kind.push(made);
  }
  files.sort(([{ file: a }], [{ file: b }]) => a.layer - b.layer || a.offset - b.offset);
  return [...directories, ...files, ...others];
}

function* headersOf(groups: readonly Group[]): Generator<TarHeader> {
  for (const [first, ...others] of groups) {
    yield headerOf(first);
    for (const other of others) yield linkTo(first, other);
  }
}

function headerOf({ path, file }: RootName): TarHeader {
  const { type, mode, uid, gid, uname, gname, size, mtime, linkname, device, xattrs } = file;
  const name = `./${path}`;
  return { name, type, mode, uid, gid, uname, gname, size, mtime, linkname, device, xattrs };
}

function linkTo(first: RootName, other: RootName): TarHeader {
  const { mode, uid, gid, uname, gname, mtime } = first.file;
  const names = { name: `./${other.path}`, linkname: `./${first.path}` };
  return { ...names, type: "link", size: 0, mode, uid, gid, uname, gname, mtime };
}

/** The members, with the contents from their layers. */
class RootMembers implements MemberSource {
  readonly #groups: readonly Group[];
  readonly #layers: readonly Layer[];
  readonly #onLayer: (index: number) => void;
  /** The place among the groups, and in one. */
  #group = 0;
  #name = 0;
  /** The layer that is being read. */
  #layer = -1;
  #ranges: StreamRanges | undefined;

  constructor(
    groups: readonly Group[],
    layers: readonly Layer[],
    onLayer: (index: number) => void,
  ) {
    this.#groups = groups;
    this.#layers = layers;
    this.#onLayer = onLayer;
  }

  next(): TarMember | undefined | Promise<TarMember | undefined> {
    const group = this.#groups[this.#group];
    if (group === undefined) return this.#finishLayer().then(() => undefined);
    const [first] = group;
    const name = group[this.#name++]!;
    if (this.#name === group.length) [this.#group, this.#name] = [this.#group + 1, 0];
    const origin = `layer ${first.file.layer + 1}: ${first.path}`;
    if (name !== first) return { ...linkTo(first, name), origin };
    const { type, size, layer, offset } = first.file;
    if (type !== "file" || size === 0) return { ...headerOf(first), origin };
    const open = () => this.#ranges!.content(offset, size);
    const member = { ...headerOf(first), origin, open };
    if (layer === this.#layer) return member;
    return this.#startLayer(layer).then(() => member);
  }

  async close(): Promise<void> {
    await this.#ranges?.cancel();
    this.#ranges = undefined;
  }

  async #startLayer(index: number): Promise<void> {
    await this.#finishLayer();
    this.#layer = index;
    this.#onLayer(index);
    this.#ranges = new StreamRanges(this.#layers[index]!.open());
  }

  /** Reads to the end of the layer, which is where its digest is known. */
  async #finishLayer(): Promise<void> {
    await this.#ranges?.finish();
    this.#ranges = undefined;
  }
}
