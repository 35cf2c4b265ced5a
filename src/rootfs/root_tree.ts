/**
 * The root file system of the top layer as a value: what is there, and where its bytes come from.
 * @module
 */

import type { Content } from "../tar/stream.ts";
import type { FileType, TarHeader } from "../tar/tar_header.ts";

/** A file, directory, link or device of the top layer. */
export interface RootEntry
  extends Pick<TarHeader, "mode" | "uid" | "gid" | "size" | "device" | "xattrs"> {
  readonly type: FileType;
  /** Below the root, without a leading slash, such as `bin/hello`. May hold undecodable bytes. */
  readonly path: string;
  /** Where a symlink points; empty for others. */
  readonly target: string;
  /** What to call it in an error: the file it comes from. */
  readonly origin: string;
  /** Opens the content of a file. */
  readonly open?: (() => Content | Promise<Content>) | undefined;
}

/** Entries by path. The root itself (path "") may be missing, and so may parents. */
export type RootTree = Map<string, RootEntry>;

/** Who owns what nobody was named for. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Adds the directories that entries are in, where they are missing: mode 0755. */
export function addMissingParents(tree: RootTree, { uid, gid }: Owner): void {
  for (const path of [...tree.keys()]) {
    for (let parent = parentOf(path); parent && !tree.has(parent); parent = parentOf(parent)) {
      const origin = `/${parent}`;
      tree.set(parent, {
        path: parent,
        type: "directory",
        mode: 0o755,
        uid,
        gid,
        size: 0,
        target: "",
        origin,
      });
    }
  }
}

/** The path of the directory that something is in: "" for the root, and for what is in it. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
