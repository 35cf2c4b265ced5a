/**
 * Files of the store by any path that leads to them.
 * @module
 */

import { dirname, resolve } from "node:path/posix";
import type { StoreFiles } from "../store/store_files.ts";
import { enclosingStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";

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
    const step = lookAlong(current, inside !== undefined, await lookIn(inside, store));
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

/** What is at a path, if that may be seen. */
type Look = (path: string) => Pick<TreeEntry, "type" | "target" | "mode"> | undefined;

/** How to look at what is in a store path, or outside of the store. */
async function lookIn(path: StorePath | undefined, store: StoreFiles): Promise<Look> {
  const listed = path && await store.entriesOf(path);
  if (listed) {
    const entries = new Map(listed.map((entry) => [entry.path, entry]));
    return (path) => entries.get(path);
  }
  const root = path === undefined ? "" : await store.rootOf(path);
  return (path) =>
    ifThere(() => {
      const { isFile, isSymlink, mode } = Deno.lstatSync(root + path);
      const target = isSymlink ? Deno.readLinkSync(root + path) : "";
      return {
        type: isSymlink ? "symlink" : isFile ? "file" : "directory",
        target,
        mode: mode ?? 0,
      };
    });
}

/** The first symlink on the way to `path`, or the file there. */
function lookAlong(path: string, inStore: boolean, look: Look): Step | undefined {
  let found: ReturnType<Look>;
  for (let end = inStore ? STORE_DIR.length : 0; end < path.length;) {
    const slash = path.indexOf("/", end + 1);
    end = slash === -1 ? path.length : slash;
    const place = path.slice(0, end);
    found = look(place);
    if (found?.type === "symlink") {
      return { kind: "link", leadsTo: resolve(dirname(place), found.target) + path.slice(end) };
    }
  }
  if (found?.type !== "file") return undefined;
  return { kind: "file", executable: (found.mode & 0o111) !== 0 };
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
