/**
 * The files that stored images consist of, by name: in an archive, or below a directory.
 *
 * Nothing is ever unpacked: names in archives are keys, and lead nowhere. They are taken as tar
 * takes them (`./` and a slash in front do not count, of two members with one name the later one
 * counts, hard links stand for what was there when they were made), but an archive in which a name
 * or a link leads out of it is refused. Devices and the like are no files. What follows the end of
 * an archive is not looked at. Below a directory, symlinks are followed wherever they lead, as the
 * directory is its owner's; what they lead to must be a file.
 * @module
 */

import { dirname, join, normalize } from "node:path/posix";
import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { ArchiveFile, type OnDamage } from "../tar/archive_file.ts";
import type { ByteSource } from "../tar/byte_source.ts";
import type { ArchiveMember } from "../tar/read.ts";
import type { Content } from "../tar/stream.ts";
import { quoted } from "../visible.ts";
import { DocumentBudget } from "./document_budget.ts";

/** A file among them. */
export interface ImageFile {
  /** Its own name, where a link led to it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Opens it, as long as the files are open. */
  open(): Content;
}

/** All of them. */
export interface ImageFiles extends Disposable {
  /** Where they are, for errors. */
  readonly path: string;
  /** Whether they are in an archive. */
  readonly archived: boolean;
  /** How much JSON may still be read of them. */
  readonly documents: DocumentBudget;
  /** Told of a layer that can not be read, or is damaged. */
  readonly onDamage?: (() => void) | undefined;
  /**
   * The file of that name, such as `blobs/sha256/…`; undefined if there is none.
   *
   * @throws {ImageError} if what is there can not be examined.
   */
  find(name: string): ImageFile | undefined;
  /**
   * The names of the files in `directory`, no links among them.
   *
   * @throws {ImageError} if it can not be read.
   */
  filesIn(directory: string): string[];
}

/** Reading an archive as far as it can be read. */
export interface ToleratedDamage {
  /** Told of each thing that would be an error. */
  readonly onDamage: OnDamage;
  /** Reads the members' headers; told of them too, it can say what is behind the last one. */
  members(bytes: ByteSource, path: string): AsyncGenerator<ArchiveMember>;
}

/** Options of {@linkcode openImageFiles}. */
interface OpenOptions {
  /** The archive, where `path` is only what to call it. */
  readonly input?: ReadableStream<Uint8Array> | undefined;
  /** Where damage of an archive shall not be an error. */
  readonly tolerated?: ToleratedDamage | undefined;
  /** See {@linkcode ImageFiles.onDamage}; of a directory alone. */
  readonly onDamage?: (() => void) | undefined;
  /** Told of each member of an archive. */
  readonly onMember?: ((member: ArchiveMember) => void) | undefined;
}

/** More members than the archive of any image has; each of them takes memory. */
const MAX_MEMBERS = 100_000;

/** Names of files, not of contents; Linux allows no longer ones. */
const MAX_NAME = 4096;

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/**
 * Opens an archive, compressed or not, or a directory.
 *
 * @param options what is to be read instead of a file, and how
 * @throws {ImageError} if it can not be read, or is neither.
 */
export async function openImageFiles(
  path: string,
  { input, tolerated, onDamage, onMember }: OpenOptions = {},
): Promise<ImageFiles> {
  if (input) return await ArchivedFiles.open(path, { input, tolerated });
  const { isDirectory, isFile } = readingFrom(path, () => Deno.statSync(path));
  if (isDirectory) return new DirectoryFiles(path, onDamage);
  if (!isFile) throw new ImageError(`${path} is neither a file nor a directory`);
  return await ArchivedFiles.open(path, { tolerated, onMember });
}

class DirectoryFiles implements ImageFiles {
  readonly path: string;
  readonly archived = false;
  readonly documents: DocumentBudget;
  readonly onDamage: (() => void) | undefined;

  constructor(path: string, onDamage: (() => void) | undefined) {
    this.path = path;
    this.onDamage = onDamage;
    this.documents = new DocumentBudget(path);
  }

  find(name: string): ImageFile | undefined {
    const path = join(this.path, normalize(`/${name}`));
    let info: Deno.FileInfo;
    try {
      info = readingFrom(path, () => Deno.statSync(path));
    } catch (error) {
      if ((error as Error).cause instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    return info.isFile ? { name, size: info.size, open: () => openFile(path) } : undefined;
  }

  filesIn(directory: string): string[] {
    const path = join(this.path, directory);
    return readingFrom(path, () => [...Deno.readDirSync(path)]).filter(({ isFile }) => isFile)
      .map(({ name }) => `${directory}/${name}`);
  }

  [Symbol.dispose](): void {}
}

interface Place {
  readonly offset: number;
  readonly size: number;
}

class ArchivedFiles implements ImageFiles {
  readonly path: string;
  readonly archived = true;
  readonly documents: DocumentBudget;
  readonly #archive: ArchiveFile;
  /** By name; for links, the name where they lead. */
  readonly #found = new Map<string, Place | string>();

  private constructor(path: string, archive: ArchiveFile) {
    this.path = path;
    this.#archive = archive;
    this.documents = new DocumentBudget(path);
  }

  static async open(
    path: string,
    { input, tolerated, onMember }: OpenOptions,
  ): Promise<ArchivedFiles> {
    const archive = await ArchiveFile.open(path, { input, onDamage: tolerated?.onDamage });
    try {
      const files = new ArchivedFiles(path, archive);
      await files.#list(tolerated, onMember);
      return files;
    } catch (error) {
      archive.close();
      throw error;
    }
  }

  async #list(
    tolerated: ToleratedDamage | undefined,
    onMember: OpenOptions["onMember"],
  ): Promise<void> {
    const members = tolerated?.members(this.#archive.bytes(), this.path) ?? this.#archive.members();
    let count = 0;
    for await (const member of members) {
      try {
        if (++count > MAX_MEMBERS) throw this.#wrong(`more than ${MAX_MEMBERS} members`);
        this.#add(member);
        onMember?.(member);
      } catch (error) {
        if (!tolerated || !(error instanceof ImageError)) throw error;
        tolerated.onDamage(error);
        if (count > MAX_MEMBERS) return;
      }
    }
  }

  #add(member: ArchiveMember): void {
    const { name } = member;
    if (name.length > MAX_NAME) throw this.#wrong(`a name of ${name.length} characters`);
    const own = this.#within(name);
    const found = this.#standingFor(own, member);
    if (found === undefined) this.#found.delete(own);
    else this.#found.set(own, found);
  }

  #standingFor(own: string, member: ArchiveMember): Place | string | undefined {
    const { type, linkname, offset, size } = member;
    if (type === "file") return { offset, size };
    if (linkname.length > MAX_NAME) {
      throw this.#wrong(`a link to a name of ${linkname.length} characters`);
    }
    if (type === "link") return this.#found.get(this.#within(linkname));
    if (type !== "symlink") return undefined;
    return this.#within(linkname.startsWith("/") ? linkname : join(own, "..", linkname));
  }

  find(name: string): ImageFile | undefined {
    let own = this.#within(name);
    let found = this.#found.get(own);
    for (let links = 0; typeof found === "string"; links++) {
      if (links === MAX_LINKS) throw this.#wrong(`too many links from ${quoted(name)} on`);
      own = found;
      found = this.#found.get(own);
    }
    if (found === undefined) return undefined;
    const place = found;
    return { name: own, size: place.size, open: () => this.#archive.content(place) };
  }

  filesIn(directory: string): string[] {
    return [...this.#found].filter(([name, found]) =>
      dirname(name) === directory && typeof found === "object"
    ).map(([name]) => name);
  }

  #within(name: string): string {
    const own = normalize(name).replace(/^\/+/, "").replace(/\/$/, "");
    if (own !== ".." && !own.startsWith("../")) return own;
    throw this.#wrong(`the name ${quoted(name)}, which leads out of it`);
  }

  #wrong(what: string): ImageError {
    return new ImageError(`${this.path}: no archive of images has ${what}`);
  }

  [Symbol.dispose](): void {
    this.#archive.close();
  }
}
