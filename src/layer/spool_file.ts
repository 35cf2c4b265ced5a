/**
 * Files for what can not go out at once.
 * @module
 */

import { ImageError } from "../errors.ts";

/**
 * A file without a name, so that it is gone when it is closed, however the program ends.
 *
 * @param directory a private one
 */
export function spoolFile(directory: string): Deno.FsFile {
  return spooling(() => {
    const path = `${directory}/${crypto.randomUUID()}`;
    const file = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
    Deno.removeSync(path);
    return file;
  });
}

/**
 * Runs `work` on such a file.
 *
 * @throws {ImageError} if the file system refuses.
 */
export function spooling<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(
      `Cannot write a temporary file: ${error.message}; TMPDIR names the directory for it`,
      { cause: error },
    );
  }
}
