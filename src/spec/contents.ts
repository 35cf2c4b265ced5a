/**
 * The paths of `contents`: store paths, or links that lead to them.
 * @module
 */

import { dirname, isAbsolute } from "node:path/posix";
import { enclosingStorePath, STORE_DIR } from "../store/store_path.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** The directory against which a spec's relative paths resolve. */
export function baseDirectory(specFile: string | undefined): string {
  // A shell's <(…) is a pipe in /dev/fd: what is relative there was meant from where the shell is.
  const isFile = specFile !== undefined && !specFile.startsWith("/dev/fd/");
  const directory = isFile ? dirname(specFile) : ".";
  return isAbsolute(directory) ? directory : `${Deno.cwd()}/${directory}`;
}

/** Where a path leads: into the store, or why not. */
export type ContentsPath = { readonly path: string } | { readonly problem: string };

/**
 * Follows `path` link by link until it lies in the store. From there on it is logical: nothing
 * below a store path is looked at, so a store path that is a link stays one, and the store may be
 * elsewhere (`--store-root`) or lack the path.
 */
export async function resolveContentsPath(path: string, base: string): Promise<ContentsPath> {
  let current = ""; // followed so far, free of links; "" is the root
  const pending = componentsFromLast(isAbsolute(path) ? path : `${base}/${path}`);
  let links = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === "..") {
      current = current.slice(0, Math.max(0, current.lastIndexOf("/")));
      continue;
    }
    const target = await readLink(`${current}/${next}`);
    if (typeof target === "object") return target;
    if (target === undefined) {
      current += `/${next}`;
      if (enclosingStorePath(current) !== undefined) return below(current, pending.reverse());
      if (current.startsWith(`${STORE_DIR}/`)) break;
    } else {
      if (++links > MAX_LINKS) return { problem: "which leads through too many links" };
      if (isAbsolute(target)) current = "";
      pending.push(...componentsFromLast(target));
    }
  }
  const hint = `${current}/`.startsWith(`${STORE_DIR}/`)
    ? ""
    : ' (copy it into the store with "nix-store --add" and give the path that this prints)';
  return { problem: `which leads to ${current || "/"}, no store path${hint}` };
}

function componentsFromLast(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".").reverse();
}

function below(storePath: string, rest: readonly string[]): ContentsPath {
  // What ".." means there depends on links in the store, which are not followed.
  if (rest.includes("..")) return { problem: `which has ".." below ${storePath}` };
  return { path: [storePath, ...rest].join("/") };
}

/** The target of a link; undefined for what is no link, and for the store, its parents and paths. */
async function readLink(path: string): Promise<string | undefined | { problem: string }> {
  if (`${STORE_DIR}/`.startsWith(`${path}/`) || path.startsWith(`${STORE_DIR}/`)) return undefined;
  try {
    const { isSymlink } = await Deno.lstat(path);
    return isSymlink ? await Deno.readLink(path) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { problem: `but ${path} does not exist` };
    const reason = error instanceof Deno.errors.NotCapable
      ? "this program may not open it"
      : error instanceof Error
      ? error.message
      : String(error);
    return { problem: `but ${path} cannot be read: ${reason}` };
  }
}
