/**
 * Writing a root file system to a directory, where the user's commands can change it.
 * @module
 */

import { ImageError } from "../errors.ts";
import { isUtf8 } from "../tar/name.ts";
import { RawCommands, unusedPrefix } from "./raw_names.ts";
import { addMissingParents, type RootEntry, type RootTree } from "./root_tree.ts";

/**
 * Writes `tree` into an empty directory: what is there, its content and modes, but not its owners.
 *
 * @throws {ImageError} for what a directory can't hold: devices and extended attributes, which
 * commands or permission rules have to make; and for content that can't be read.
 */
export async function stage(tree: RootTree, directory: string): Promise<void> {
  const complete: RootTree = new Map(tree);
  addMissingParents(complete, { uid: 0, gid: 0 });
  const physical = aliases(complete);
  const buffer = new Uint8Array(1 << 17);
  const entries = [...complete.values()]
    .filter(({ path }) => path !== "")
    .sort((a, b) => depth(a) - depth(b));
  const made = new RawCommands();
  for (const entry of entries) {
    try {
      await make(entry, directory, physical(entry.path), made, buffer);
    } catch (error) {
      // The file system's errors have a code, such as ENOSPC; what others mean is not known here.
      if (!(error instanceof Error) || !("code" in error)) throw error;
      throw new ImageError(
        `Cannot write /${entry.path} to ${directory}, for the commands: ${error.message}; ` +
          "TMPDIR says where temporary files go",
        { cause: error },
      );
    }
  }
  await made.run(directory);

  // A directory gets its mode once nothing is to be done in it any more, as that may forbid it.
  const last = new RawCommands();
  const parentsOfRaw = rawParents(entries);
  for (const { path, type, mode } of entries.reverse()) {
    const place = physical(path);
    if (type === "fifo") Deno.chmodSync(`${directory}/${place}`, mode);
    if (type === "directory") {
      if (parentsOfRaw.has(path)) last.mode(mode, place);
      else Deno.chmodSync(`${directory}/${place}`, mode);
    }
    const name = nameOf(path);
    if (!isUtf8(name)) last.rename(place, place.slice(0, -nameOf(place).length) + name);
  }
  await last.run(directory);
  const root = tree.get("");
  if (root) Deno.chmodSync(directory, root.mode);
}

async function make(
  entry: RootEntry,
  directory: string,
  place: string,
  commands: RawCommands,
  buffer: Uint8Array,
): Promise<void> {
  const path = `${directory}/${place}`;
  if (entry.xattrs?.size) {
    throw new ImageError(
      `/${entry.path}: extended attributes can't be kept through commands; ` +
        "set them by a permissions rule",
    );
  }
  switch (entry.type) {
    case "directory":
      Deno.mkdirSync(path, { mode: 0o700 });
      return;
    case "symlink":
      if (isUtf8(entry.target)) Deno.symlinkSync(entry.target, path);
      else commands.symlink(entry.target, place);
      return;
    case "fifo":
      commands.fifo(place);
      return;
    case "file":
      await writeFile(entry, path, buffer);
      return;
    default:
      throw new ImageError(
        `/${entry.path} is a device (from ${entry.origin}), which only root could put where ` +
          "commands see it; leave it out and make it by mknod in fakeRootCommands",
      );
  }
}

async function writeFile(entry: RootEntry, path: string, buffer: Uint8Array): Promise<void> {
  using file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
  const content = await entry.open?.();
  try {
    let written = 0;
    while (content) {
      const length = await content.read(buffer);
      if (length === 0) break;
      for (let at = 0; at < length;) at += file.writeSync(buffer.subarray(at, length));
      written += length;
    }
    if (written !== entry.size) {
      throw new ImageError(
        `${entry.origin} changed while it was read: expected ${entry.size} bytes, found ${written}`,
      );
    }
  } finally {
    content?.close();
  }
  // After the content: writing takes setuid bits away.
  Deno.chmodSync(path, entry.mode);
}

/** Where an entry lies until it gets its own name: each name that is not UTF-8 has an alias. */
function aliases(tree: RootTree): (path: string) => string {
  const raw = [...tree.keys()].filter((path) => !isUtf8(path));
  if (raw.length === 0) return (path) => path;
  const prefix = unusedPrefix([...tree.keys()].map(nameOf));
  const known = new Map<string, string>();
  return (path) =>
    path.split("/").map((name) => {
      if (isUtf8(name)) return name;
      const alias = known.get(name) ?? `${prefix}${known.size}`;
      known.set(name, alias);
      return alias;
    }).join("/");
}

/** The directories above names that are not UTF-8, and those with such names themselves. */
function rawParents(entries: readonly RootEntry[]): Set<string> {
  const parents = new Set<string>();
  for (const { path } of entries) {
    if (isUtf8(nameOf(path))) continue;
    for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
      parents.add(path.slice(0, at));
    }
  }
  return parents;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function depth({ path }: RootEntry): number {
  return path.split("/").length;
}
