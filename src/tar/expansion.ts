/**
 * A limit for what compressed input may become, so that a small file can not fill a disk or keep a
 * program busy for hours.
 * @module
 */

import { ImageError } from "../errors.ts";

/** Anything may become as large as this. */
const ALWAYS = 2 ** 30;

/** Beyond that, so many times as large as it was. No image is; zeros alone become 1000 times. */
const FACTOR = 100;

/** Counts what comes out of a decompressor. */
export class Expansion {
  readonly #name: string;
  readonly #most: number;
  #count = 0;

  /** @param compressed the size of the input in bytes */
  constructor(name: string, compressed: number) {
    this.#name = name;
    this.#most = Math.max(ALWAYS, FACTOR * compressed);
  }

  /**
   * So many bytes more have come out.
   *
   * @throws {ImageError} if that is too much.
   */
  add(count: number): void {
    this.#count += count;
    if (this.#count <= this.#most) return;
    throw new ImageError(
      `${this.#name} expands to more than ${FACTOR} times its size, and to more than 1 GiB: ` +
        "if you trust it, decompress it yourself",
    );
  }
}
