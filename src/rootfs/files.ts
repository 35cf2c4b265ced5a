/**
 * What `files` of a spec adds to the root.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { SpecFile } from "../spec/image_spec.ts";
import { contentOfBytes } from "../tar/stream.ts";
import {
  addMissingParents,
  type Owner,
  parentOf,
  type RootEntry,
  type RootTree,
} from "./root_tree.ts";

/**
 * Adds files to a root, and the directories that they are in.
 *
 * @param owner who owns what nobody is named for
 * @returns which paths were there and are replaced: one sentence each
 * @throws {UsageError} if something that is no directory is in the way.
 */
export function addFiles(tree: RootTree, files: readonly SpecFile[], owner: Owner): string[] {
  const clashes: string[] = [];
  // What has something in it; asked of trees of any size, where files are few.
  const filled = new Set<string>();
  for (const path of files.length > 0 ? tree.keys() : []) filled.add(parentOf(path));
  for (const [index, file] of files.entries()) {
    const entry = entryOf(file, owner);
    const field = `files[${index}]`;
    for (const above of directoriesAbove(entry.path)) {
      const there = tree.get(above);
      if (there !== undefined && there.type !== "directory") {
        throw new UsageError(
          `${field}: there can be no ${file.path}: /${above} is no directory ` +
            `(it comes from ${there.origin})`,
        );
      }
      filled.add(above);
    }
    if (file.type !== "directory" && filled.has(entry.path)) {
      throw new UsageError(`${field}: ${file.path} is a directory that has something in it`);
    }
    const there = tree.get(entry.path);
    if (there !== undefined && (there.type !== "directory" || entry.type !== "directory")) {
      clashes.push(`${file.path} of ${there.origin} is hidden by files of the spec`);
    }
    tree.set(entry.path, entry);
  }
  addMissingParents(tree, owner);
  return clashes;
}

function entryOf(file: SpecFile, owner: Owner): RootEntry {
  const { path, uid = owner.uid, gid = owner.gid } = file;
  const common = { path: path.slice(1), uid, gid, origin: path };
  if (file.type === "directory") {
    return { ...common, type: "directory", mode: file.mode ?? 0o755, size: 0, target: "" };
  }
  if (file.type === "symlink") {
    return { ...common, type: "symlink", mode: 0o777, size: 0, target: file.target };
  }
  const bytes = new TextEncoder().encode(file.text);
  return {
    ...common,
    type: "file",
    mode: file.mode ?? 0o644,
    size: bytes.length,
    target: "",
    open: () => contentOfBytes(bytes),
  };
}

function directoriesAbove(path: string): string[] {
  const above: string[] = [];
  for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) above.push(parent);
  return above;
}
