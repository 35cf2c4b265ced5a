/**
 * The file that holds a file system.
 * @module
 */

import { ImageError } from "../../errors.ts";
import { readingFrom } from "../../store/files.ts";
import { readAt } from "../../tar/byte_source.ts";

/** A file that is open for reading at any place. */
export class ImageFile implements Disposable {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly #file: Deno.FsFile;

  /** @throws {ImageError} if it can not be opened. */
  constructor(path: string) {
    this.path = path;
    this.#file = readingFrom(path, () => Deno.openSync(path));
    try {
      this.size = readingFrom(path, () => this.#file.statSync().size);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * Fills `into` with what is at `at`.
   *
   * @throws {ImageError} if the file ends before that.
   */
  fill(at: number, into: Uint8Array): void {
    for (let filled = 0; filled < into.length;) {
      const rest = into.subarray(filled);
      const length = readingFrom(this.path, () => readAt(this.#file, at + filled, rest));
      if (length === 0) throw this.damaged("it is cut off");
      filled += length;
    }
  }

  /** The error for a file system that contradicts itself. */
  damaged(what: string): ImageError {
    return this.refused(`the file system is damaged: ${what}`);
  }

  /** The error for a file system that can't be read. */
  refused(why: string): ImageError {
    return new ImageError(`Cannot read the ext4 file system in ${this.path}: ${why}`);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
