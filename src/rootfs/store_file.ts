/**
 * Files of the store by any path that leads to them.
 * @module
 */

import { dirname, resolve } from "node:path/posix";
import type { StoreFiles } from "../store/store_files.ts";
import { enclosingStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";

/** As many symlinks as Linux follows. */
const MOST_LINKS = 40;

/** A file that {@linkcode findStoreFile} found. */
export interface StoreFile {
  /** The path to link to, in the store. */
  readonly path: string;
  /** Whether anybody may execute it. */
  readonly executable: boolean;
}

/**
 * The file that `path` leads to, if it is in the store. A path within the store stays as it is; for
 * any other, such as one in a profile, it is the first path in the store path that has the file, so
 * that it needs no more than the closure of that.
 *
 * @param store knows where store paths are
 */
export async function findStoreFile(
  path: string,
  store: StoreFiles,
): Promise<StoreFile | undefined> {
  let entered = path, owner = enclosingStorePath(path);
  for (let current = path, links = 0; links <= MOST_LINKS; links++) {
    const inside = enclosingStorePath(current);
    const step = lookAlong(current, inside && await store.rootOf(inside));
    if (step?.kind === "file" && owner) {
      return { path: enclosingStorePath(path) ? path : entered, executable: step.executable };
    }
    if (step?.kind !== "link") return undefined;
    current = step.leadsTo;
    const next: StorePath | undefined = enclosingStorePath(current);
    if (next !== owner) [entered, owner] = [current, next];
  }
  return undefined;
}

type Step =
  | { readonly kind: "link"; readonly leadsTo: string }
  | { readonly kind: "file"; readonly executable: boolean };

/**
 * The first symlink on the way to `path`, or the file there.
 *
 * @param root the directory that holds its `nix/store`; undefined for what is in none
 */
function lookAlong(path: string, root: string | undefined): Step | undefined {
  const inStore = root !== undefined;
  const prefix = root ?? "";
  let info: Deno.FileInfo | undefined;
  for (let end = inStore ? STORE_DIR.length : 0; end < path.length;) {
    const slash = path.indexOf("/", end + 1);
    end = slash === -1 ? path.length : slash;
    const place = path.slice(0, end);
    info = ifThere(() => Deno.lstatSync(prefix + place));
    if (info?.isSymlink) {
      const target = ifThere(() => Deno.readLinkSync(prefix + place));
      if (target === undefined) return undefined;
      return { kind: "link", leadsTo: resolve(dirname(place), target) + path.slice(end) };
    }
  }
  if (!info?.isFile) return undefined;
  return { kind: "file", executable: ((info.mode ?? 0) & 0o111) !== 0 };
}

/** What `look` gives; undefined where there is nothing, or nothing that may be seen. */
function ifThere<T>(look: () => T): T | undefined {
  const { NotADirectory, NotCapable, NotFound, PermissionDenied } = Deno.errors;
  try {
    return look();
  } catch (error) {
    for (const absent of [NotFound, NotADirectory, PermissionDenied, NotCapable]) {
      if (error instanceof absent) return undefined;
    }
    throw error;
  }
}
