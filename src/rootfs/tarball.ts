/**
 * Tarballs as sources: what `tar --extract` makes of them.
 * @module
 */

import { ImageError } from "../errors.ts";
import { ArchiveFile } from "../tar/archive_file.ts";
import type { ArchiveMember } from "../tar/read.ts";
import { type Owner, parentOf, type RootEntry } from "./root_tree.ts";
import { SourceTree } from "./source_tree.ts";

/** A tarball that is open for its content. */
export interface Tarball {
  /** Its entries by their paths below the root, which is "". */
  readonly tree: SourceTree;
  readonly close: () => void;
}

/**
 * Reads a tarball. Its entries have the owners, modes and attributes that it gives them. Of several
 * members with one name the last counts, and a hard link is a copy.
 *
 * @param owner of the directories that it has no members for
 * @throws {ImageError} if it can not be read, or has members that lie or lead out of its root.
 */
export async function readTarball(path: string, owner: Owner): Promise<Tarball> {
  const archive = await ArchiveFile.open(path);
  try {
    const root = new TarballRoot(path, owner);
    for await (const member of archive.members()) {
      root.add(member, () => archive.content(member));
    }
    return { tree: root.tree(), close: () => archive.close() };
  } catch (error) {
    archive.close();
    throw error;
  }
}

class TarballRoot {
  readonly #archive: string;
  readonly #owner: Owner;
  readonly #entries = new Map<string, RootEntry>();
  /** How many entries lie directly in a directory. */
  readonly #counts = new Map<string, number>();

  constructor(archive: string, owner: Owner) {
    this.#archive = archive;
    this.#owner = owner;
    this.#set(this.#directory(""));
  }

  add(member: ArchiveMember, open: NonNullable<RootEntry["open"]>): void {
    const path = this.#pathOf(member.name, member);
    if (path === "" && member.type !== "directory") {
      throw this.#error(member, "takes the place of the root directory");
    }
    this.#addParents(path, member);
    const there = this.#entries.get(path);
    if (there?.type === "directory" && member.type !== "directory") {
      if (this.#counts.get(path)) throw this.#error(member, "takes the place of a full directory");
    }
    this.#set({ ...this.#entryOf(member, open), path });
  }

  /** Each directory before what is in it. */
  tree(): SourceTree {
    const entries = [...this.#entries.values()];
    return new SourceTree("", entries.sort((a, b) => depth(a.path) - depth(b.path)));
  }

  #entryOf(member: ArchiveMember, open: NonNullable<RootEntry["open"]>): RootEntry {
    const origin = this.#origin(member);
    const { type, mode, uid, gid, size, linkname, device, xattrs } = member;
    if (type === "link") {
      const target = this.#entries.get(this.#pathOf(linkname, member));
      if (target === undefined || target.type === "directory") {
        throw this.#error(member, `is a link to ${JSON.stringify(linkname)}, no file before it`);
      }
      return { ...target, origin };
    }
    return {
      path: "",
      type,
      mode: type === "symlink" ? 0o777 : mode,
      uid,
      gid,
      size,
      target: linkname,
      device,
      xattrs: xattrs.size > 0 ? xattrs : undefined,
      origin,
      open: type === "file" ? open : undefined,
    };
  }

  /** The path that a name means: absolute ones lie below the root too, as tar has it. */
  #pathOf(name: string, member: ArchiveMember): string {
    const components = name.split("/").filter((part) => part !== "" && part !== ".");
    if (components.includes("..")) {
      throw this.#error(member, `leads out of the archive by way of ${JSON.stringify(name)}`);
    }
    return components.join("/");
  }

  /** Makes sure that what `path` is in is a directory: a symlink might lead anywhere. */
  #addParents(path: string, member: ArchiveMember): void {
    const missing: string[] = [];
    for (let parent = parentOf(path); parent !== ""; parent = parentOf(parent)) {
      const entry = this.#entries.get(parent);
      if (entry?.type === "directory") break;
      if (entry) throw this.#error(member, `lies below ${parent}, which is a ${entry.type}`);
      missing.push(parent);
    }
    for (const parent of missing.reverse()) this.#set(this.#directory(parent));
  }

  #directory(path: string): RootEntry {
    const origin = `${this.#archive}: ${path || "/"}`;
    const type = "directory" as const;
    return { path, type, mode: 0o755, ...this.#owner, size: 0, target: "", origin };
  }

  #set(entry: RootEntry): void {
    const { path } = entry;
    if (path !== "" && !this.#entries.has(path)) {
      const parent = parentOf(path);
      this.#counts.set(parent, (this.#counts.get(parent) ?? 0) + 1);
    }
    this.#entries.set(path, entry);
  }

  #origin({ name }: ArchiveMember): string {
    return `${this.#archive}: ${name}`;
  }

  #error(member: ArchiveMember, what: string): ImageError {
    return new ImageError(`${this.#origin(member)} ${what}`);
  }
}

function depth(path: string): number {
  return path === "" ? 0 : path.split("/").length;
}
