/**
 * The files that stored images consist of, by name: in an archive, or below a directory.
 * @module
 */

import { dirname, join, normalize } from "node:path/posix";
import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { ArchiveFile, type OnDamage } from "../tar/archive_file.ts";
import type { ByteSource } from "../tar/byte_source.ts";
import type { ArchiveMember } from "../tar/read.ts";
import type { Content } from "../tar/stream.ts";

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

/** More members than the archive of any image has; each of them takes memory. */
const MAX_MEMBERS = 100_000;

/** Names of files, not of contents; Linux allows no longer ones. */
const MAX_NAME = 4096;

/** As many links as Linux follows. */
const MAX_LINKS = 40;

/**
 * Opens an archive, compressed or not, or a directory.
 *
 * @param tolerated where damage of an archive shall not be an error
 * @throws {ImageError} if it can not be read, or is neither.
 */
export async function openImageFiles(
  path: string,
  tolerated?: ToleratedDamage,
): Promise<ImageFiles> {
  const { isDirectory, isFile } = readingFrom(path, () => Deno.statSync(path));
  if (isDirectory) return new DirectoryFiles(path);
  if (!isFile) throw new ImageError(`${path} is neither a file nor a directory`);
  return await ArchivedFiles.open(path, tolerated);
}

class DirectoryFiles implements ImageFiles {
  readonly path: string;
  readonly archived = false;

  constructor(path: string) {
    this.path = path;
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
  readonly #archive: ArchiveFile;
  readonly #places = new Map<string, Place>();
  /** Names of links, and where they lead. */
  readonly #links = new Map<string, string>();

  private constructor(path: string, archive: ArchiveFile) {
    this.path = path;
    this.#archive = archive;
  }

  static async open(path: string, tolerated?: ToleratedDamage): Promise<ArchivedFiles> {
    const archive = await ArchiveFile.open(path, tolerated?.onDamage);
    try {
      const files = new ArchivedFiles(path, archive);
      await files.#list(tolerated);
      return files;
    } catch (error) {
      archive.close();
      throw error;
    }
  }

  async #list(tolerated: ToleratedDamage | undefined): Promise<void> {
    const members = tolerated?.members(this.#archive.bytes(), this.path) ?? this.#archive.members();
    let count = 0;
    for await (const member of members) {
      if (++count > MAX_MEMBERS) throw this.#wrong(`more than ${MAX_MEMBERS} members`);
      try {
        this.#add(member);
      } catch (error) {
        if (!tolerated || !(error instanceof ImageError)) throw error;
        tolerated.onDamage(error);
      }
    }
  }

  #add({ name, type, linkname, offset, size }: ArchiveMember): void {
    if (name.length > MAX_NAME) throw this.#wrong(`a name of ${name.length} characters`);
    const own = this.#within(name);
    // Of two members with one name the later one counts, as if both had been unpacked.
    this.#places.delete(own);
    this.#links.delete(own);
    if (type === "file") this.#places.set(own, { offset, size });
    else if (type === "link") this.#links.set(own, this.#within(linkname));
    else if (type === "symlink") {
      const target = linkname.startsWith("/") ? linkname : join(own, "..", linkname);
      this.#links.set(own, this.#within(target));
    }
  }

  find(name: string): ImageFile | undefined {
    let own = this.#within(name);
    for (let links = 0;; links++) {
      const target = this.#links.get(own);
      if (target === undefined) break;
      if (links === MAX_LINKS) throw this.#wrong(`too many links from ${JSON.stringify(name)} on`);
      own = target;
    }
    const place = this.#places.get(own);
    return place && { name: own, size: place.size, open: () => this.#archive.content(place) };
  }

  filesIn(directory: string): string[] {
    return [...this.#places.keys()].filter((name) => dirname(name) === directory);
  }

  #within(name: string): string {
    const own = normalize(name).replace(/^\/+/, "").replace(/\/$/, "");
    if (own !== ".." && !own.startsWith("../")) return own;
    throw this.#wrong(`the name ${JSON.stringify(name)}, which leads out of it`);
  }

  #wrong(what: string): ImageError {
    return new ImageError(`${this.path}: no archive of images has ${what}`);
  }

  [Symbol.dispose](): void {
    this.#archive.close();
  }
}
