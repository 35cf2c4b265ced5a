/**
 * The files of an OCI image layout while it is written: in a directory or in a tar archive.
 * @module
 */

import { OutputDirectory, OutputFile } from "../disk/output_part.ts";
import { archiveEnd, BLOCK, encodeHeader, padding } from "../tar/header.ts";

/** A file whose name is told when all of it is written. Disposing of it takes back what has none. */
export interface LayoutFile extends Disposable {
  /** Writes a part of `bytes`, at least one, and gives its length. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the file and gives it its name, which no other one has. */
  keep(name: string): void;
}

/** All of them, one at a time. Disposing of them removes them, unless they were committed. */
export interface LayoutFiles extends Disposable {
  /** Starts the next file, when the one before was kept or disposed of. */
  create(): LayoutFile;
  /**
   * Puts all in its place.
   *
   * @returns the size in bytes of what is there
   */
  commit(): number;
}

const UNNAMED = "unnamed";

/** A layout as a directory. */
export class LayoutDirectory implements LayoutFiles {
  readonly #directory: OutputDirectory;
  #size = 0;

  /** Starts the directory; throws as {@linkcode OutputDirectory} does. */
  constructor(target: string) {
    this.#directory = new OutputDirectory(target);
    this.#directory.makeDirectory("blobs/sha256");
  }

  create(): LayoutFile {
    const directory = this.#directory;
    const file = directory.create(UNNAMED);
    let size = 0, kept = false;
    return {
      async write(bytes) {
        const count = await file.write(bytes);
        size += count;
        return count;
      },
      keep: (name) => {
        directory.rename(UNNAMED, name);
        this.#size += size;
        kept = true;
      },
      [Symbol.dispose]() {
        file[Symbol.dispose]();
        if (!kept) directory.remove(UNNAMED);
      },
    };
  }

  commit(): number {
    this.#directory.commit();
    return this.#size;
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/**
 * A layout as a tar archive. The header of a member is written when the member is, in the place
 * that was left for it.
 */
export class LayoutArchive implements LayoutFiles {
  readonly #file: OutputFile;
  readonly #mtime: number;
  #size = 0;

  /**
   * Starts the file; throws as {@linkcode OutputFile} does.
   *
   * @param mtime the time of all members, in seconds since the epoch
   */
  constructor(target: string, mtime: number) {
    this.#file = new OutputFile(target);
    this.#mtime = mtime;
  }

  create(): LayoutFile {
    const start = this.#size;
    const content = start + BLOCK;
    this.#file.overwrite(start, new Uint8Array(BLOCK));
    let size = 0, kept = false;
    return {
      write: async (bytes) => {
        const count = await this.#file.write(bytes);
        size += count;
        return count;
      },
      keep: (name) => {
        this.#file.overwrite(start, memberHeader(name, size, this.#mtime));
        this.#size = content + size + padding(size);
        this.#file.overwrite(content + size, new Uint8Array(padding(size)));
        kept = true;
      },
      [Symbol.dispose]: () => {
        if (!kept) this.#file.truncate(start);
      },
    };
  }

  commit(): number {
    const size = archiveEnd(this.#size);
    this.#file.overwrite(this.#size, new Uint8Array(size - this.#size));
    this.#file.commit();
    return size;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * The header of a file in a layout's archive. One block whatever the size, as GNU tar has sizes
 * beyond 8 GiB in the header itself.
 */
export function memberHeader(name: string, size: number, mtime: number): Uint8Array {
  const owner = { uid: 0, gid: 0, uname: "", gname: "" };
  const type = "file";
  return encodeHeader({ name, type, mode: 0o644, size, mtime, linkname: "", ...owner }, "gnu");
}
