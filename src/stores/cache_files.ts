/**
 * The files of a binary cache, wherever it is.
 * @module
 */

import { ImageError } from "../errors.ts";

/** Gives the files of one cache by their names, which are relative URLs. */
export interface CacheFiles extends Disposable {
  /**
   * A small file; undefined if it is not there.
   *
   * @param most its bytes, at most
   * @throws {ImageError} if it can not be had, or is longer.
   */
  read(name: string, most: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * A file of any size, as it comes; a chunk is there until the next one is asked for.
   *
   * @throws {NoSuchFileError} if it is not there.
   * @throws {ImageError} if it can not be had whole.
   */
  stream(name: string, options: FileOptions): AsyncGenerator<Uint8Array, undefined>;
}

/** How a file is read. */
export interface FileOptions {
  /** In bytes, where it is known. */
  readonly size?: number | undefined;
  /** Ends the waiting for what comes next. */
  readonly signal: AbortSignal;
}

/** A cache does not have a file that it should have. */
export class NoSuchFileError extends ImageError {}
