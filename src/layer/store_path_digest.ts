/**
 * What the files of a store path are like, without their contents, as one digest: two layers that
 * have the same one for a store path have the same files there.
 * @module
 */

import { createHash } from "node:crypto";
import type { FileType } from "../tar/tar_header.ts";

/** What counts of a file. */
export interface ListedFile {
  /** Below the store path, `""` for itself. */
  readonly name: string;
  readonly type: FileType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** In bytes; 0 for all but files. */
  readonly size: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** The digest of the files, in whatever order they come: 64 hexadecimal digits. */
export function storePathDigest(files: Iterable<ListedFile>): string {
  const lines = Array.from(files, lineOf).sort();
  return createHash("sha256").update(JSON.stringify(lines)).digest("hex");
}

function lineOf({ name, type, mode, uid, gid, size, target, xattrs }: ListedFile): string {
  const attributes = Array.from(xattrs ?? [], ([key, value]) => [key, value.toBase64()])
    .sort(([a = ""], [b = ""]) => a < b ? -1 : 1);
  // The modes of symlinks mean nothing, and differ between programs that write tar archives.
  const bits = type === "symlink" ? 0 : mode;
  return JSON.stringify([name, type, bits, uid, gid, size, target, ...attributes]);
}
