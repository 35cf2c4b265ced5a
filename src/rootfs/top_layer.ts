/**
 * The top layer: what an image has besides store paths, with the bytes of nixpkgs' customisation
 * layer (GNU tar, owner by number, times of 1980).
 * @module
 */

import { FORMAT_VERSION } from "../layer/format_version.ts";
import { identityOf, type Layer } from "../layer/layer.ts";
import { pythonList } from "../layer/python_list.ts";
import { TOP_MTIME } from "../layer/top_mtime.ts";
import type { TarFormat } from "../tar/tar_header.ts";
import { compareBytes } from "../tar/name.ts";
import { archiveSize, membersOf, type TarMember, tarStream } from "../tar/stream.ts";
import type { RootEntry, RootTree } from "./root_tree.ts";

/** The tar that a tree becomes. */
export interface TopArchive {
  /** The root first, then each directory before what is in it, as `tar --sort=name` has them. */
  readonly members: readonly TarMember[];
  /** GNU as nixpkgs'; pax where extended attributes need it. */
  readonly format: TarFormat;
}

const ROOT: RootEntry = {
  path: "",
  type: "directory",
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  target: "",
  origin: "/",
};

/** The members of the top layer's tar. Parents that are missing in `tree` stay missing. */
export function topArchive(tree: RootTree): TopArchive {
  const entries = tree.has("") ? [...tree.values()] : [ROOT, ...tree.values()];
  // A slash sorts before all that a name can hold, so that a directory's entries follow it.
  const keyed = entries.map((entry) => [entry.path.replaceAll("/", "\0"), entry] as const)
    .sort(([a], [b]) => compareBytes(a, b));
  const members = withLinks(keyed.map(([, entry]) => entry));
  return { members, format: members.some(({ xattrs }) => xattrs?.size) ? "pax" : "gnu" };
}

/** Of the names of one file, the first one is the file, and the others are links to it. */
function withLinks(entries: readonly RootEntry[]): TarMember[] {
  const first = new Map<number, TarMember>();
  return entries.map((entry) => {
    const member = memberOf(entry);
    if (entry.inode === undefined) return member;
    const file = first.get(entry.inode);
    if (file === undefined) first.set(entry.inode, member);
    // Rules go by names, and may have made two files of one.
    else if (isAlike(file, member)) return linkTo(file, member);
    return member;
  });
}

function isAlike(a: TarMember, b: TarMember): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid &&
    JSON.stringify([...a.xattrs ?? []]) === JSON.stringify([...b.xattrs ?? []]);
}

/** With the attributes: engines give every name its owner, by which Linux drops capabilities. */
function linkTo(file: TarMember, { open: _, ...member }: TarMember): TarMember {
  return { ...member, type: "link", size: 0, linkname: file.name, device: undefined };
}

/** A layer with directories and symlinks alone; there even when it is empty. */
export class TopLayer implements Layer {
  readonly label = "top layer";
  readonly comment: string;
  readonly #members: readonly TarMember[];

  /**
   * @param tree directories and symlinks
   * @param contents where they come from, for the history
   */
  constructor(tree: RootTree, contents: readonly string[]) {
    this.comment = topComment(contents);
    this.#members = topArchive(tree).members;
  }

  get identity(): string {
    const listing = this.#members.flatMap(({ name, linkname }) => [name, linkname]);
    return identityOf("top", FORMAT_VERSION, listing);
  }

  get contentKey(): string {
    return this.identity;
  }

  tarSize(): Promise<number> {
    return Promise.resolve(archiveSize(this.#members, "gnu"));
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return tarStream(membersOf(this.#members), "gnu");
  }
}

/** The history comment of a top layer. */
export function topComment(contents: readonly string[]): string {
  return `top layer: ${pythonList(contents)}`;
}

function memberOf(entry: RootEntry): TarMember {
  const { path, target, type, mode, uid, gid, size, device, xattrs, origin, open } = entry;
  return {
    name: path === "" ? "./" : `./${path}`,
    type,
    mode,
    size,
    linkname: target,
    uid,
    gid,
    uname: "",
    gname: "",
    mtime: TOP_MTIME,
    device,
    xattrs,
    origin,
    open,
  };
}
