/** Images of file systems, made by e2fsprogs. */

import assert from "node:assert/strict";
import type { Ext4Entry } from "../../src/vm/ext4/entry.ts";
import { findProgram } from "../../tasks/programs.ts";
import { runCommand, succeed } from "./program.ts";

/** The flags of the disk that virtual machines work on. */
export const OURS = [
  "-text4",
  "-O^has_journal,^metadata_csum,^64bit,^dir_index,^resize_inode,uninit_bg",
  "-Elazy_itable_init=1,nodiscard",
];

/** What `mke2fs` is to make. */
export interface ImageOptions {
  readonly flags: readonly string[];
  /** As `mke2fs` takes it, such as `64M`. */
  readonly size: string;
  /** What is in it; nothing without. */
  readonly source?: string;
}

/** Makes an image in the file `path`. */
export async function makeExt4(
  path: string,
  { flags, size, source }: ImageOptions,
): Promise<void> {
  const content = source === undefined ? [] : ["-d", source];
  await succeed([find("mke2fs"), "-q", "-F", ...flags, ...content, path, size]);
}

/** Runs commands of `debugfs`, each of which has to succeed, and returns what they print. */
export async function debugExt4(path: string, commands: readonly string[]): Promise<string> {
  const { code, text, stderr } = await runCommand([find("debugfs"), "-w", "-f", "-", path], {
    stdin: commands.join("\n") + "\n",
  });
  // It reports failures, and its version, on standard error, and ends with 0.
  const failures = stderr.split("\n").slice(1).join("\n");
  assert.ok(code === 0 && failures === "", stderr);
  return text;
}

/** The first `most` bytes of a file in an image whose tree is open. */
export function ext4Content({ path, open, size }: Ext4Entry, most = size): Uint8Array {
  assert.ok(open, `${path} has no content`);
  const content = open();
  const bytes = new Uint8Array(Math.min(size, most));
  let length = 0;
  for (let read = -1; read !== 0; length += read) {
    read = content.read(bytes.subarray(length)) as number;
  }
  content.close();
  assert.equal(length, bytes.length, path);
  return bytes;
}

function find(program: string): string {
  const found = findProgram(program);
  assert.ok(found !== undefined, `${program} is missing`);
  return found;
}
