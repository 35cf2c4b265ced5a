/**
 * Making room in the {@linkcode ImageStore}.
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeIfLeftBehind, takeLock } from "../disk/claim.ts";

/** The lock of a kept image. */
export function lockOf(path: string): string {
  return `${path}.lock`;
}

/** Where there are no locks, an image that was not used for so long is used by nobody. */
const UNUSED = 24 * 60 * 60 * 1000;

/**
 * Removes the images that were not used for longest, until there are at most so many bytes; but none
 * that somebody reads. Removes what programs which were killed have left as well.
 *
 * @param most in bytes
 * @param keep the path of an image that stays
 */
export function pruneImages(directory: string, most: number, keep: string): void {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  for (const name of names.filter((name) => name.endsWith(".nix-image-part"))) {
    removeIfLeftBehind(join(directory, name));
  }
  for (const name of names.filter((name) => name.endsWith(".lock"))) {
    removeOrphan(join(directory, name));
  }
  const images = names.filter((name) => /^[0-9a-f]{64}$/.test(name))
    .flatMap((name) => factsOf(join(directory, name)))
    .sort((a, b) => a.used - b.used);
  let total = images.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size, used } of images) {
    if (total <= most) return;
    if (path === keep) continue;
    using lock = takeLock(lockOf(path), () => Date.now() - used > UNUSED);
    // In the meantime somebody may have used it, or removed it.
    const [now] = lock ? factsOf(path) : [];
    if (now === undefined || now.used !== used) continue;
    Deno.removeSync(path, { recursive: true });
    Deno.removeSync(lockOf(path));
    total -= size;
  }
}

/** Removes the lock of an image that never came. */
function removeOrphan(lock: string): void {
  const path = lock.slice(0, -".lock".length);
  if (existsSync(path)) return;
  using taken = takeLock(lock, () => false);
  // It may have come by now.
  if (taken && !existsSync(path)) Deno.removeSync(lock);
}

interface Facts {
  readonly path: string;
  /** When it was used last, in milliseconds since 1970. */
  readonly used: number;
  /** In bytes. */
  readonly size: number;
}

/** One, or none if the image is gone. */
function factsOf(path: string): Facts[] {
  try {
    const blobs = join(path, "blobs/sha256");
    const size = [...Deno.readDirSync(blobs)]
      .reduce((sum, { name }) => sum + Deno.lstatSync(join(blobs, name)).size, 0);
    return [{ path, used: Deno.statSync(path).mtime?.getTime() ?? 0, size }];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
