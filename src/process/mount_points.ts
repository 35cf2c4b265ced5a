/**
 * Directories for what is bound into a new root, there for a while.
 * @module
 */

import { ImageError } from "../errors.ts";

/**
 * Makes directories below `root`, parents before what is in them.
 *
 * @returns what takes those away again that are empty: the ones that were made, and those of
 * `places` that were empty before
 * @throws {ImageError} if something else is in the place of one, or it can't be made.
 */
export function makeMountPoints(root: string, places: readonly string[]): () => void {
  const ours: string[] = [];
  const remove = () => {
    for (const path of ours.toReversed()) removeIfEmpty(path);
  };
  try {
    for (const place of places) {
      const names = place.split("/");
      for (let count = 1; count <= names.length; count++) {
        const path = `${root}/${names.slice(0, count).join("/")}`;
        if (makeUnlessThere(path, root) || count === names.length) ours.push(path);
      }
    }
  } catch (error) {
    remove();
    throw error;
  }
  return remove;
}

/** Whether the directory had to be made. */
function makeUnlessThere(path: string, root: string): boolean {
  try {
    Deno.mkdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      if (Deno.lstatSync(path).isDirectory) return false;
      throw new ImageError(
        `${path.slice(root.length)} is not a directory; with enableFakechroot one is needed ` +
          "there, into which the host's is bound: leave it out of the image",
      );
    }
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new ImageError(`Cannot make ${path.slice(root.length)} for enableFakechroot`, {
      cause: error,
    });
  }
}

function removeIfEmpty(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    // It holds something, or is gone.
    if (!(error instanceof Error && "code" in error)) throw error;
  }
}
