/**
 * Listings of NARs, as binary caches have them beside the NARs (`HASH.ls`; Nix manual, "Nix Archive
 * Listing"): JSON of version 1.
 * @module
 */

import { ImageError } from "../errors.ts";
import { compareCodePoints } from "../tar/name.ts";
import { quoted } from "../visible.ts";
import { isNarName, MAX_NAR_PATH, MAX_NAR_TARGET } from "./nar.ts";
import { treeEntryOf } from "./nar_entries.ts";
import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/** A path's name, type and size take so many characters for each `{`, `[` and `,` at least. */
const LEAST_TEXT = 8, FEW = 1000;

/** A file as a listing has it. */
interface ListedFile {
  readonly type: "regular" | "symlink" | "directory";
  readonly size?: number;
  readonly executable?: boolean;
  readonly target?: string;
  readonly entries?: Record<string, ListedFile>;
}

/** Something of a listing that is still to be looked at. */
interface Pending {
  readonly path: string;
  readonly value: unknown;
}

/**
 * The files that a listing says a store path has, in the order of a layer.
 *
 * @param text as long as the caller lets it be
 * @param from where it comes from, for errors
 * @throws {ImageError} if it is no listing, or of files that no NAR holds.
 */
export function parseNarListing(text: string, path: StorePath, from: string): TreeEntry[] {
  const wrong = (why: string) => new ImageError(`${from} is no listing of a NAR: ${why}`);
  // Parsed, values of one letter are fifty times as large.
  if (valuesIn(text) > FEW + text.length / LEAST_TEXT) throw wrong("it is of empty values");
  const document = parseJson(text);
  if (!isObject(document)) throw wrong("it is no JSON object");
  if (document["version"] !== 1) throw wrong("its version is not 1");
  const entries: TreeEntry[] = [];
  const pending: Pending[] = [{ path: "", value: document["root"] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path: below, value } = next;
    const { type, size, executable, target, entries: inside } = isObject(value) ? value : {};
    const node = { path: below, executable: false, size: 0, target: "" };
    if (type === "regular") {
      if (!isSize(size)) throw wrong(`it says no size of ${quoted(below)}`);
      entries.push(
        treeEntryOf(path, { ...node, type: "file", size, executable: executable === true }),
      );
    } else if (type === "symlink") {
      if (!isTarget(target)) throw wrong(`it says no target of ${quoted(below)}`);
      entries.push(treeEntryOf(path, { ...node, type, target }));
    } else if (type === "directory") {
      if (!isObject(inside)) throw wrong(`it says nothing of what is in ${quoted(below)}`);
      entries.push(treeEntryOf(path, { ...node, type }));
      // The last one pushed comes next.
      for (const name of Object.keys(inside).sort((a, b) => compareCodePoints(b, a))) {
        const inner = `${below}/${name}`;
        if (!isNarName(name) || inner.length > MAX_NAR_PATH) {
          throw wrong(`a file in it is called ${quoted(name)}`);
        }
        pending.push({ path: inner, value: inside[name] });
      }
    } else throw wrong(`it does not say what ${quoted(below)} is`);
  }
  return entries;
}

/**
 * The listing of a store path, without the places of files in the NAR. Bytes of names that are not
 * UTF-8 are escaped as halves of surrogate pairs, which Nix does not read.
 *
 * @param entries directories before what is in them
 */
export function formatNarListing(path: StorePath, entries: readonly TreeEntry[]): string {
  const directories = new Map<string, Record<string, ListedFile>>();
  let root: ListedFile | undefined;
  for (const entry of entries) {
    const file = listedFile(entry);
    if (file.entries) directories.set(entry.path, file.entries);
    const slash = entry.path.lastIndexOf("/");
    if (entry.path === path) root = file;
    else directories.get(entry.path.slice(0, slash))![entry.path.slice(slash + 1)] = file;
  }
  return JSON.stringify({ version: 1, root });
}

function listedFile({ type, mode, size, target }: TreeEntry): ListedFile {
  if (type === "symlink") return { type, target };
  // Without a prototype, all names are free.
  if (type === "directory") return { type, entries: Object.create(null) };
  return { type: "regular", size, ...(mode & 0o111) === 0 ? {} : { executable: true } };
}

/** About how many values JSON holds, before it is parsed. */
function valuesIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OBJECT || code === ARRAY || code === COMMA) count++;
  }
  return count;
}

const OBJECT = 0x7b, ARRAY = 0x5b, COMMA = 0x2c;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

function isTarget(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_NAR_TARGET &&
    !value.includes("\0");
}
