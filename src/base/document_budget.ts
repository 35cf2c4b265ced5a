/**
 * How much JSON is read of one archive or layout. What is read is kept, and a small file may hold
 * much of it, or name the same document many times.
 * @module
 */

import { ImageError } from "../errors.ts";

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
   * A document is about to be parsed.
   *
   * @throws {ImageError} if that is too much.
   */
  add(json: Uint8Array): void {
    this.#bytes += json.length;
    if (this.#bytes > MAX_BYTES) throw this.#tooMuch(`${MAX_BYTES >> 20} MiB of JSON`);
    this.#values += mostValues(json);
    if (this.#values > MAX_VALUES) throw this.#tooMuch(`${MAX_VALUES} values in JSON`);
  }

  #tooMuch(what: string): ImageError {
    return new ImageError(`${this.#path} is no usual set of images: it has more than ${what}`);
  }
}

const COMMA = 0x2c, BRACKET = 0x5b, BRACE = 0x7b;

/** Before each value but the first there is one of these; in strings they count for too much. */
function mostValues(json: Uint8Array): number {
  let count = 1;
  for (const byte of json) {
    if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
  }
  return count;
}
