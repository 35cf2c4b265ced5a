/**
 * The `contents` of an image as a tree of real directories with symlinks to the files, as nixpkgs'
 * symlinkJoin makes it with lndir. What is not in the store can't be linked to, and is copied.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { RootSource } from "../spec/image_spec.ts";
import { type StoreFiles, storeOnDisk } from "../store/store_files.ts";
import type { RootLayout } from "./root_layout.ts";
import { type Owner, parentOf, type RootEntry, type RootTree } from "./root_tree.ts";
import { baseName, below } from "./source_tree.ts";
import { type OpenSource, Sources } from "./sources.ts";

/** Directories of version control systems, which lndir passes over. */
const SKIPPED_DIRECTORIES = new Set(
  ["BitKeeper", "CVS", "CVS.adm", "RCS", "SCCS", ".git", ".hg", ".svn"],
);

/**
 * Joins sources. Where two have a path of the same name, the first one's is taken, unless both are
 * directories. Symlinks are copied as they are. For each file in a store path there is a symlink to
 * it; files of directories and tarballs are copied, their modes kept.
 *
 * @param store where store paths are: the directory that holds `nix/store` ("" for the host's own), or
 * what knows it of each
 * @param owner of all but what tarballs hold
 * @throws {ImageError} if one of them can not be read.
 */
export async function symlinkFarm(
  sources: readonly RootSource[],
  store: string | StoreFiles,
  owner: Owner,
): Promise<RootLayout> {
  const opener = new Sources(typeof store === "string" ? storeOnDisk(store) : store, owner);
  try {
    const tree: RootTree = new Map();
    const notices: string[] = [], clashes: string[] = [];
    for (const source of sources) {
      const found = await opener.open(source);
      if (found.entry.type === "directory") join(tree, entriesOf(source, found), clashes);
      else if (source.kind === "store") {
        notices.push(
          `${source.path} is a file: it is in the image's store, but not linked from its root`,
        );
      } else throw new ImageError(`${source.path} is no directory`);
    }
    notices.push(...opener.places.notices);
    return { tree, notices, clashes, close: () => opener.close() };
  } catch (error) {
    await opener.close();
    throw error;
  }
}

function join(tree: RootTree, entries: Iterable<RootEntry>, clashes: string[]): void {
  /** What is below these has no place either. */
  const hidden = new Set<string>();
  for (const entry of entries) {
    const { path, type, origin } = entry;
    if (hidden.has(parentOf(path))) {
      hidden.add(path);
      continue;
    }
    const there = tree.get(path);
    if (!there) tree.set(path, entry);
    else if (there.type !== type || type !== "directory" && !isSame(there, entry)) {
      const what = there.type === "directory" ? "the directory " : "";
      clashes.push(`${origin} is hidden by ${what}${there.origin}`);
      hidden.add(path);
    }
  }
}

function isSame(a: RootEntry, b: RootEntry): boolean {
  return a.type === "symlink" ? a.target === b.target : a.origin === b.origin;
}

/** What the farm has of a source, each directory before what is in it. */
function* entriesOf(source: RootSource, { tree, place }: OpenSource): Generator<RootEntry> {
  const pending = [{ place, path: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of tree.childrenOf(next.place)) {
      if (source.kind === "store" && isSkipped(child)) continue;
      const path = below(next.path, baseName(child.path));
      yield farmEntry(source, child, path);
      if (child.type === "directory") pending.push({ place: child.path, path });
    }
  }
}

function farmEntry({ kind, path: source }: RootSource, entry: RootEntry, path: string): RootEntry {
  if (kind === "tarball") return { ...entry, path };
  if (entry.type === "directory") {
    return { ...entry, path, mode: 0o755, origin: `${source}/${path}` };
  }
  if (kind === "directory" || entry.type === "symlink") {
    return { ...entry, path, origin: `${source}/${path}` };
  }
  const target = `${source}/${path}`;
  return {
    ...entry,
    path,
    type: "symlink",
    mode: 0o777,
    size: 0,
    target,
    origin: target,
    open: undefined,
  };
}

function isSkipped({ path, type }: RootEntry): boolean {
  const name = baseName(path);
  return name.endsWith("~") || type === "directory" && SKIPPED_DIRECTORIES.has(name);
}
