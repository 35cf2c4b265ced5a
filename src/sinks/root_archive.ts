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
import type { TarFormat, TarHeader } from "../tar/tar_header.ts";
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
  /** What it consists of. Names begin with `./`. */
  members(options?: RootArchiveOptions): MemberSource;
  /**
   * The bytes: a readable byte stream. It fails with what a layer fails with, at its end if its
   * digest is another one.
   */
  open(options?: RootArchiveOptions): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** For whom an archive is. */
export interface RootArchiveForm {
  /** How headers are written; GNU's, unlike pax, have no place for extended attributes. */
  readonly format?: TarFormat;
  /**
   * Directories come behind all else, parents behind what is in them: for programs such as busybox
   * that give a directory its time before they change it by what they put there.
   */
  readonly directoriesLast?: boolean;
}

/**
 * The archive of a root file system.
 *
 * @param layers those that it was merged from
 */
export function rootArchive(
  root: MergedRoot,
  layers: readonly Layer[],
  { format = "pax", directoriesLast = false }: RootArchiveForm = {},
): RootArchive {
  const ordered = inOrder(root, directoriesLast);
  const members = ({ onLayer = () => {} }: RootArchiveOptions = {}) =>
    new RootMembers(ordered, layers, onLayer);
  return {
    size: archiveSize(headersOf(ordered), format),
    members,
    open: (options) => tarStream(members(options), format),
  };
}

/** The members in their order. */
interface Ordered {
  /** One name of each file, and all directories. */
  readonly names: readonly RootName[];
  /** The further names of files that have several. */
  readonly links: ReadonlyMap<RootName["file"], readonly RootName[]>;
}

function inOrder(root: MergedRoot, directoriesLast: boolean): Ordered {
  const directories: RootName[] = [], files: RootName[] = [], others: RootName[] = [];
  const links = new Map<RootName["file"], RootName[]>();
  for (const name of root.names()) {
    const { file } = name;
    const further = file.linked ? links.get(file) : undefined;
    if (further !== undefined) {
      further.push(name);
      continue;
    }
    if (file.linked) links.set(file, []);
    const kind = file.type === "directory" ? directories : file.type === "file" ? files : others;
    kind.push(name);
  }
  files.sort(({ file: a }, { file: b }) => a.layer - b.layer || a.offset - b.offset);
  const rest = [...files, ...others];
  const names = directoriesLast ? [...rest, ...directories.reverse()] : [...directories, ...rest];
  return { names, links };
}

function* headersOf({ names, links }: Ordered): Generator<TarHeader> {
  for (const first of names) {
    yield headerOf(first);
    for (const other of links.get(first.file) ?? []) yield linkTo(first, other);
  }
}

function headerOf({ path, file }: RootName): TarHeader {
  const { type, mode, uid, gid, uname, gname, size, mtime, linkname, device, xattrs } = file;
  const name = `./${path}`;
  return { name, type, mode, uid, gid, uname, gname, size, mtime, linkname, device, xattrs };
}

function originOf({ path, file }: RootName): string {
  return `layer ${file.layer + 1}: ${path}`;
}

function linkTo(first: RootName, other: RootName): TarHeader {
  // With the attributes: engines give every name its owner, by which Linux drops capabilities.
  const { mode, uid, gid, uname, gname, mtime, xattrs } = first.file;
  const names = { name: `./${other.path}`, linkname: `./${first.path}` };
  return { ...names, type: "link", size: 0, mode, uid, gid, uname, gname, mtime, xattrs };
}

/** The members, with the contents from their layers. */
class RootMembers implements MemberSource {
  readonly #links: Ordered["links"];
  readonly #names: Iterator<RootName>;
  readonly #layers: readonly Layer[];
  readonly #onLayer: (index: number) => void;
  /** The last file, and how many of its further names have had their turn. */
  #first: RootName | undefined;
  #linked = 0;
  /** The layer that is being read. */
  #layer = -1;
  #ranges: StreamRanges | undefined;

  constructor(
    { names, links }: Ordered,
    layers: readonly Layer[],
    onLayer: (index: number) => void,
  ) {
    this.#names = names[Symbol.iterator]();
    this.#links = links;
    this.#layers = layers;
    this.#onLayer = onLayer;
  }

  next(): TarMember | undefined | Promise<TarMember | undefined> {
    const link = this.#nextLink();
    if (link !== undefined) return link;
    const name = this.#names.next().value;
    if (name === undefined) return this.#finishLayer().then(() => undefined);
    this.#first = name;
    this.#linked = 0;
    const { type, size, layer, offset } = name.file;
    const member = { ...headerOf(name), origin: originOf(name) };
    if (type !== "file" || size === 0) return member;
    const file = { ...member, open: () => this.#ranges!.content(offset, size) };
    return layer === this.#layer ? file : this.#startLayer(layer).then(() => file);
  }

  #nextLink(): TarMember | undefined {
    const first = this.#first;
    const link = first?.file.linked ? this.#links.get(first.file)?.[this.#linked++] : undefined;
    return first && link && { ...linkTo(first, link), origin: originOf(link) };
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
