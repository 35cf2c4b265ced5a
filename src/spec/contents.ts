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
  let pending = components(isAbsolute(path) ? path : `${base}/${path}`);
  for (let links = 0; pending.length > 0;) {
    const [next = "", ...rest] = pending;
    if (enclosingStorePath(current) !== undefined) return below(current, pending);
    if (current === STORE_DIR) {
      current += `/${next}`;
      if (enclosingStorePath(current) === undefined) {
        return { problem: `which leads to ${current}, no store path` };
      }
      pending = rest;
      continue;
    }
    pending = rest;
    if (next === "..") {
      current = current.slice(0, current.lastIndexOf("/"));
      continue;
    }
    const target = await readLink(`${current}/${next}`);
    if (target === undefined) {
      current += `/${next}`;
    } else if (typeof target === "object") {
      return target;
    } else {
      if (++links > MAX_LINKS) return { problem: "which leads through too many links" };
      if (isAbsolute(target)) current = "";
      pending = [...components(target), ...rest];
    }
  }
  if (enclosingStorePath(current) !== undefined) return { path: current };
  return {
    problem: `which leads to ${current || "/"}, outside of the store ` +
      `(copy it there with "nix-store --add" and give the path that this prints)`,
  };
}

function components(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".");
}

function below(storePath: string, rest: readonly string[]): ContentsPath {
  // What ".." means there depends on links in the store, which are not followed.
  if (rest.includes("..")) return { problem: `which has ".." below ${storePath}` };
  return { path: [storePath, ...rest].join("/") };
}

/** The target of a link; undefined for what is no link, and for the store and its parents. */
async function readLink(path: string): Promise<string | undefined | { problem: string }> {
  if (STORE_DIR === path || STORE_DIR.startsWith(`${path}/`)) return undefined;
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
