/**
 * How much of names, links and attributes is read of one file system. They are held in memory, and
 * an image may have the same ones in many places.
 * @module
 */

import type { FileSystem } from "./file_system.ts";

/** Enough for more than a million files. */
const MAX_BYTES = 512 << 20;

/** Roughly what an object takes beside its text. */
const OBJECT = 150;

/** What is left to be read. */
export class MetadataBudget {
  readonly #system: FileSystem;
  #bytes = 0;

  /** @param system for errors */
  constructor(system: FileSystem) {
    this.#system = system;
  }

  /**
   * Something with so many bytes of text is going to be held.
   *
   * @throws {ImageError} if that is too much.
   */
  add(length: number): void {
    this.#bytes += length + OBJECT;
    if (this.#bytes > MAX_BYTES) {
      throw this.#system.image.refused(
        `it has more than ${MAX_BYTES >> 20} MiB of names, links and attributes`,
      );
    }
  }
}
