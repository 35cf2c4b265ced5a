/**
 * What commands made of a staging directory, as a value again.
 * @module
 */

import { lstatSync } from "node:fs";
import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { compareCodePoints } from "../tar/name.ts";
import type { Content } from "../tar/stream.ts";
import type { FakerootState } from "./fakeroot_state.ts";
import { deviceNumbers, fileTypeOf } from "./file_mode.ts";
import { rawTarget, renameRaw, REPLACEMENT } from "./raw_names.ts";
import type { Owner, RootEntry, RootTree } from "./root_tree.ts";

/** How {@linkcode listStaged} tells what the file system does not know. */
export interface StagedOptions {
  /** Of whatever fakeroot was not told about. Who really owns a file does not matter. */
  readonly owner: Owner;
  /** What fakeroot saved. */
  readonly ownership?: FakerootState | undefined;
}

/**
 * Lists a staging directory; the directory itself is the entry "". The entries are read from it
 * when they are opened.
 *
 * Nothing else may use the directory afterwards but to remove it: in order to be read, files with
 * names that are not UTF-8 are renamed, and directories that their owner may not read or search
 * become so for him; the tree has them as they were.
 *
 * @throws {ImageError} for what can't be read and for sockets, which no image can hold.
 */
export async function listStaged(directory: string, options: StagedOptions): Promise<RootTree> {
  const tree: RootTree = new Map();
  const pending = [{ path: "", place: directory }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const entry = await entryAt(next.path, next.place, options);
    tree.set(next.path, entry);
    if (entry.type !== "directory") continue;
    const prefix = next.path && `${next.path}/`;
    const names = [...await namesIn(next.place, next.path)]
      .sort(([, a], [, b]) => compareCodePoints(b, a));
    for (const [alias, name] of names) {
      pending.push({ path: prefix + name, place: `${next.place}/${alias}` });
    }
  }
  return tree;
}

async function entryAt(path: string, place: string, options: StagedOptions): Promise<RootEntry> {
  const info = readingFrom(place, () => lstatSync(place, { bigint: true }));
  const bits = Number(info.mode);
  const faked = options.ownership?.lookup(info.dev, info.ino);
  const type = faked ? faked.type : fileTypeOf(bits);
  if (type === undefined) {
    throw new ImageError(
      `/${path} is a socket, which an image can't hold: have the commands remove it`,
    );
  }
  const { uid, gid } = faked ?? options.owner;
  const isDevice = type === "character" || type === "block";
  if (type === "file") checkReadable(path, place, bits);
  return {
    path,
    type,
    mode: faked?.mode ?? bits & 0o7777,
    uid,
    gid,
    size: type === "file" ? Number(info.size) : 0,
    target: type === "symlink" ? await targetOf(place) : "",
    device: isDevice ? faked?.device ?? deviceNumbers(info.rdev) : undefined,
    origin: `/${path}`,
    open: type === "file" ? () => openStaged(path, place) : undefined,
  };
}

/** What everybody may read is not tried: there may be many files. */
function checkReadable(path: string, place: string, mode: number): void {
  if ((mode & 0o444) !== 0o444) openStaged(path, place).close();
}

/** Opens a file; if its owner, whom we are, may not read it, he may for this moment. */
function openStaged(path: string, place: string): Content {
  try {
    return openFile(place);
  } catch (error) {
    if (!isRefused(error)) throw error;
  }
  const mode = (Deno.lstatSync(place).mode ?? 0) & 0o7777;
  try {
    Deno.chmodSync(place, mode | 0o400);
    try {
      return openFile(place);
    } finally {
      Deno.chmodSync(place, mode);
    }
  } catch (error) {
    throw isRefused(error) ? unreadable("file", path, error) : error;
  }
}

/** The names in a directory by what Deno can call them. */
async function namesIn(place: string, path: string): Promise<Map<string, string>> {
  const mode = (Deno.lstatSync(place).mode ?? 0) & 0o7777;
  try {
    if ((mode & 0o700) !== 0o700) Deno.chmodSync(place, mode | 0o700);
  } catch (error) {
    // Somebody else's: reading it may work all the same.
    if (!isRefused(error)) throw error;
  }
  try {
    const names = readingFrom(place, () => Array.from(Deno.readDirSync(place), ({ name }) => name));
    if (names.some((name) => name.includes(REPLACEMENT))) return await renameRaw(place);
    return new Map(names.map((name) => [name, name]));
  } catch (error) {
    throw isRefused(error) ? unreadable("directory", path, error) : error;
  }
}

async function targetOf(place: string): Promise<string> {
  try {
    const target = Deno.readLinkSync(place);
    if (!target.includes(REPLACEMENT)) return target;
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
  }
  return await rawTarget(place);
}

/** Whether the file system said no, be it through an error of ours. */
function isRefused(error: unknown): boolean {
  if (error instanceof Deno.errors.PermissionDenied) return true;
  if (!(error instanceof Error)) return false;
  return "code" in error && error.code === "EPERM" ||
    error.cause !== undefined && isRefused(error.cause);
}

function unreadable(what: string, path: string, cause: unknown): ImageError {
  return new ImageError(
    `/${path}: the commands left a ${what} that belongs to somebody else and that this user ` +
      "can't read; chmod a+r it in the commands, or set its mode by a permissions rule",
    { cause },
  );
}
