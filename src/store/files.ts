/**
 * Reading files of the store, with errors that name them.
 * @module
 */

import type { Content } from "../tar/stream.ts";
import { ImageError } from "../errors.ts";

/**
 * Runs `read`, which reads `path`.
 *
 * @throws {ImageError} that names `path` if the file system refuses.
 */
export function readingFrom<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ImageError(`${path} is not there: it was removed, or never made on this host`, {
        cause: error,
      });
    }
    if (error instanceof Deno.errors.NotCapable) {
      const message = `Cannot read ${path}: Deno gives no program /dev, /proc and /sys`;
      throw new ImageError(message, { cause: error });
    }
    // The file system's errors have a code, such as EACCES; what others mean is not known here.
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw new ImageError(`Cannot read ${path}: ${error.message}`, { cause: error });
  }
}

/** Opens a file on disk as the content of a tar member. */
export function openFile(path: string): Content {
  const file = readingFrom(path, () => Deno.openSync(path));
  return {
    read: (into) => readingFrom(path, () => file.readSync(into) ?? 0),
    close: () => file.close(),
  };
}

/**
 * Runs `write`, which writes what is at `path`.
 *
 * @throws {ImageError} if the file system refuses.
 */
export function writingTo<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(`Cannot write ${path}: ${error.message}`, { cause: error });
  }
}
