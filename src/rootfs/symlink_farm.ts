/**
 * The `contents` of an image as a tree of real directories with symlinks to the files, as nixpkgs'
 * symlinkJoin makes it with lndir.
 * @module
 */

import { dirname, resolve } from "node:path/posix";
import { ImageError } from "../errors.ts";
import { readingFrom } from "../store/files.ts";
import { listTree } from "../store/list_tree.ts";
import { enclosingStorePath, STORE_DIR } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";

/** A directory or a symlink of the farm. */
export interface FarmEntry {
  /** Below the root, without a leading slash, such as `bin/hello`. */
  readonly path: string;
  /** Where a symlink points; undefined for a directory. */
  readonly target: string | undefined;
}

/** What {@linkcode symlinkFarm} makes. */
export interface SymlinkFarm {
  /** By path, each directory before what is in it. */
  readonly entries: readonly FarmEntry[];
  /** What was left out, one sentence each. */
  readonly notices: readonly string[];
}

/** Directories of version control systems, which lndir passes over. */
const SKIPPED_DIRECTORIES = new Set(
  ["BitKeeper", "CVS", "CVS.adm", "RCS", "SCCS", ".git", ".hg", ".svn"],
);

/**
 * Joins directories. Where two have a file of the same name, the first one's is taken. Symlinks are
 * copied as they are; for each file there is a symlink to it.
 *
 * @param contents store paths, or directories within
 * @param root the directory that holds `nix/store`: "" for the host's own
 * @throws {ImageError} if one of them can not be read.
 */
export async function symlinkFarm(contents: readonly string[], root: string): Promise<SymlinkFarm> {
  const entries = new Map<string, FarmEntry>();
  const notices: string[] = [];
  for (const content of contents) {
    const directory = followLinks(content, root);
    if (!readingFrom(root + directory, () => Deno.lstatSync(root + directory)).isDirectory) {
      notices.push(
        `${content} is a file: it is in the image's store, but not linked from its root`,
      );
      continue;
    }
    const skipped = new Set<string>();
    for (const entry of await entriesBelow(directory, root)) {
      const path = entry.path.slice(directory.length + 1);
      const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      if (skipped.has(parent) || isSkipped(entry)) {
        skipped.add(path);
        continue;
      }
      const target = entry.type === "directory" ? undefined : entry.target || `${content}/${path}`;
      const there = entries.get(path);
      if (!there) entries.set(path, { path, target });
      else if (there.target !== target) {
        notices.push(`${content}/${path} is hidden by ${there.target ?? `the directory /${path}`}`);
        skipped.add(path);
      }
    }
  }
  return { entries: [...entries.values()], notices };
}

/** Where `content` lies once all symlinks on the way are followed, absolute ones within the root. */
function followLinks(content: string, root: string): string {
  let path = content;
  for (let hops = 0; hops < 40; hops++) {
    const link = firstLink(path, root);
    if (link === undefined) return path;
    const target = readingFrom(root + link, () => Deno.readLinkSync(root + link));
    path = resolve(dirname(link), target) + path.slice(link.length);
    if (!enclosingStorePath(path)) {
      throw new ImageError(`${content} is a symlink to ${path}, outside of the Nix store`);
    }
  }
  throw new ImageError(`${content}: too many levels of symlinks`);
}

/** The shortest part of `path`, a path in the store, that is a symlink. */
function firstLink(path: string, root: string): string | undefined {
  for (let end = STORE_DIR.length; end < path.length;) {
    const next = path.indexOf("/", end + 1);
    end = next === -1 ? path.length : next;
    const physical = root + path.slice(0, end);
    if (readingFrom(physical, () => Deno.lstatSync(physical)).isSymlink) return path.slice(0, end);
  }
  return undefined;
}

async function entriesBelow(directory: string, root: string): Promise<TreeEntry[]> {
  const tree = await listTree(enclosingStorePath(directory)!, root);
  return tree.filter(({ path }) => path.startsWith(`${directory}/`));
}

function isSkipped({ path, type }: TreeEntry): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.endsWith("~") || type === "directory" && SKIPPED_DIRECTORIES.has(name);
}
