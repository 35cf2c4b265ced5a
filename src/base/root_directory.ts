/**
 * Directories of root file systems in the making: of one layer, or of several that were merged.
 * @module
 */

import type { FileType } from "../tar/tar_header.ts";
import { isOfAufs } from "./whiteouts.ts";

/** What a path stands for: an inode. Paths that are hard links to one another have the same one. */
export interface RootFile {
  /** What it is. */
  readonly type: FileType;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  /** User, by number. */
  readonly uid: number;
  /** Group, by number. */
  readonly gid: number;
  /** The owners' names, as the layer has them; they mean nothing outside of the image. */
  readonly uname: string;
  /** See {@linkcode RootFile.uname}. */
  readonly gname: string;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Where a symlink points; empty for others. */
  readonly linkname: string;
  /** Numbers of a character or block device. */
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  /** Extended attributes by full name; undefined if there are none. */
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  /** The layer that it comes from, 0 for the lowest. */
  readonly layer: number;
  /** Where its content starts in the layer's tar, in bytes. */
  readonly offset: number;
  /** Whether it has had further names, which may be gone. */
  linked: boolean;
}

/** Something in a directory. */
export type RootNode = RootDirectory | RootFile;

/** A directory, and what is in it. */
export class RootDirectory {
  /** Undefined for the root. */
  parent: RootDirectory | undefined;
  readonly name: string;
  /** The length of its path, in characters. */
  readonly pathLength: number;
  file: RootFile;
  /** Whether no member of the layer is it: then nothing is said of it. */
  implied: boolean;
  readonly children: Map<string, RootNode> = new Map();
  hidesEverything = false;
  /** What it hides of the layers below; most hide nothing. */
  #hidden: Set<string> | undefined;

  constructor(parent: RootDirectory | undefined, name: string, layer: number) {
    this.parent = parent;
    this.name = name;
    this.pathLength = (parent ? parent.pathLength + 1 : 0) + name.length;
    this.file = impliedDirectory(layer);
    this.implied = true;
  }

  /** Its path below the root, which has "". */
  get path(): string {
    let path = this.name;
    for (let above = this.parent; above?.parent; above = above.parent) {
      path = `${above.name}/${path}`;
    }
    return path;
  }

  /** Hides what the layers below have here under that name. */
  hide(name: string): void {
    this.#hidden ??= new Set();
    this.#hidden.add(name);
  }

  /** Puts a layer's directory on top of this one, which is at the same place below it. */
  cover(upper: RootDirectory): void {
    if (upper.hidesEverything) this.children.clear();
    for (const name of upper.#hidden ?? []) this.children.delete(name);
    if (!upper.implied) this.file = upper.file;
    for (const [name, node] of upper.children) {
      if (this.parent === undefined && isOfAufs(name)) continue;
      const below = this.children.get(name);
      if (node instanceof RootDirectory) {
        if (below instanceof RootDirectory) {
          below.cover(node);
          continue;
        }
        node.parent = this;
      }
      this.children.set(name, node);
    }
  }
}

/** What makers of images make of directories that they have no members for. */
function impliedDirectory(layer: number): RootFile {
  return {
    type: "directory",
    mode: 0o755,
    uid: 0,
    gid: 0,
    uname: "",
    gname: "",
    mtime: 0,
    size: 0,
    linkname: "",
    device: undefined,
    xattrs: undefined,
    layer,
    offset: 0,
    linked: false,
  };
}
