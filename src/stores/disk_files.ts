/**
 * Binary caches in directories (`file://…`), as `nix copy --to file://…` makes them.
 * @module
 */

import { join } from "node:path/posix";
import { ImageError } from "../errors.ts";
import { type CacheFiles, NoSuchFileError } from "./cache_files.ts";

const CHUNK = 1 << 18;

/** The files of the cache in a directory. */
export class DiskFiles implements CacheFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(name: string, most: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const path = join(this.#directory, name);
    try {
      const { size } = await Deno.stat(path);
      if (size > most) throw new ImageError(`${path} is longer than ${most} bytes`);
      return await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw failure(path, error);
    }
  }

  async *stream(name: string): AsyncGenerator<Uint8Array, undefined> {
    const path = join(this.#directory, name);
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw failure(path, cause);
      throw new NoSuchFileError(`${path} is not there`, { cause });
    }
    const buffer = new Uint8Array(CHUNK);
    try {
      for (;;) {
        const length = await file.read(buffer);
        if (length === null) return undefined;
        yield buffer.subarray(0, length);
      }
    } catch (error) {
      throw failure(path, error);
    } finally {
      file.close();
    }
  }

  [Symbol.dispose](): void {}
}

function failure(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !("code" in cause)) return cause;
  return new ImageError(`Cannot read ${path}: ${cause.message}`, { cause });
}
