/**
 * How much JSON is read of one archive or layout. What is read is kept, and a small file may hold
 * much of it, or name the same document many times.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { JsonValue } from "../spec/image_spec.ts";

/** A thousand images of the usual size have a third of it. */
const MAX_BYTES = 32 << 20;

/** Objects, arrays, strings and so on, each of which takes more memory than text. */
const MAX_VALUES = 500_000;

/** What is left to be read. */
export class DocumentBudget {
  readonly #path: string;
  #bytes = 0;
  #values = 0;

  /** @param path of the archive or layout, for errors */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * A document of so many bytes has been read.
   *
   * @throws {ImageError} if that is too much.
   */
  add(bytes: number, document: JsonValue): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_BYTES) throw this.#tooMuch(`${MAX_BYTES >> 20} MiB of JSON`);
    for (let level = [document]; level.length > 0;) {
      this.#values += level.length;
      if (this.#values > MAX_VALUES) throw this.#tooMuch(`${MAX_VALUES} values in JSON`);
      level = level.flatMap((item) =>
        typeof item === "object" && item !== null ? Object.values(item) : []
      );
    }
  }

  #tooMuch(what: string): ImageError {
    return new ImageError(`${this.#path} is no usual set of images: it has more than ${what}`);
  }
}
