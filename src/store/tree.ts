/**
 * The files of a store path, in the order in which a layer holds them.
 * @module
 */

import { compareCodePoints } from "../tar/name.ts";
import { ImageError } from "../errors.ts";
import { readingFrom } from "./files.ts";
import type { StorePath } from "./store_path.ts";

/** A file, directory or symlink of a store path. */
export interface TreeEntry {
  /** Its logical path, under `/nix/store` wherever the store lies. May hold undecodable bytes. */
  readonly path: string;
  /** What it is. */
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
}

/** A directory as a store has it when it is new, such as the one that store paths are in. */
export function newDirectory(path: string): TreeEntry {
  return { path, type: "directory", mode: 0o755, size: 0, target: "" };
}

/** Deno's file API shows U+FFFD, the stand-in for bytes that are not UTF-8. */
export class LossyNameError extends Error {
  override name = "LossyNameError";
}

function lossless(name: string): string {
  if (name.includes("\ufffd")) throw new LossyNameError(name);
  return name;
}

/**
 * Walks a store path on disk: itself, then all below it, sorted by path component and by code
 * point, as nixpkgs' streamer sorts them. Symlinks are not followed.
 *
 * @throws {LossyNameError} where a name or a target may hold bytes that Deno does not show.
 * @throws {ImageError} where something can not be read or is of a kind that no store holds.
 */
export function* walkTree(path: StorePath, root: string): Generator<TreeEntry> {
  const pending: string[] = [path];
  for (let logical = pending.pop(); logical !== undefined; logical = pending.pop()) {
    const physical = root + logical;
    const info = readingFrom(physical, () => Deno.lstatSync(physical));
    const mode = (info.mode ?? 0) & 0o7777;
    if (info.isFile) {
      yield { path: logical, type: "file", mode, size: info.size, target: "" };
    } else if (info.isSymlink) {
      yield { path: logical, type: "symlink", mode, size: 0, target: readLink(physical) };
    } else if (info.isDirectory) {
      yield { path: logical, type: "directory", mode, size: 0, target: "" };
      // The last one pushed comes next.
      for (const name of namesIn(physical).sort((a, b) => compareCodePoints(b, a))) {
        pending.push(`${logical}/${name}`);
      }
    } else throw new ImageError(`${physical} is neither a file, a directory nor a symlink`);
  }
}

/**
 * Where a symlink points.
 *
 * @throws {LossyNameError} if Deno does not show it.
 */
export function readLink(physical: string): string {
  try {
    return readingFrom(physical, () => lossless(Deno.readLinkSync(physical)));
  } catch (error) {
    // Unlike readDirSync, it refuses what is not UTF-8.
    if (error instanceof Deno.errors.InvalidData) throw new LossyNameError(physical);
    throw error;
  }
}

/**
 * The names in a directory.
 *
 * @throws {LossyNameError} if Deno does not show one of them.
 */
export function namesIn(directory: string): string[] {
  return readingFrom(
    directory,
    () => Array.from(Deno.readDirSync(directory), ({ name }) => lossless(name)),
  );
}
