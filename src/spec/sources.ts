/**
 * The paths in a spec: store paths, links that lead to them, and what is outside of the store.
 * @module
 */

import { dirname, isAbsolute } from "node:path/posix";
import { enclosingStorePath, isStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import type { RootSource } from "./image_spec.ts";
import { isTarball } from "./tarball.ts";

/** As many links as Linux follows in one path. */
const MAX_LINKS = 40;

/** The directory against which a spec's relative paths resolve. */
export function baseDirectory(specFile: string | undefined): string {
  // A shell's <(…) is a pipe in /dev/fd: what is relative there was meant from where the shell is.
  const isFile = specFile !== undefined && !specFile.startsWith("/dev/fd/");
  const directory = isFile ? dirname(specFile) : ".";
  return isAbsolute(directory) ? directory : `${Deno.cwd()}/${directory}`;
}

/** Why something cannot be taken: `but … does not exist`, `which leads to …`. */
interface Unusable {
  readonly problem: string;
}

/** What a path leads to: something in the store, or what is there. */
interface FileOrDirectory {
  readonly kind: "store" | "directory" | "file";
  readonly path: string;
}

/**
 * Finds what `path` leads to. A store path is logical and its existence is not checked; what is
 * elsewhere has to be a directory or a tarball, and its path comes back free of links.
 */
export async function resolveSource(path: string, base: string): Promise<RootSource | Unusable> {
  const reached = await resolveFileOrDirectory(path, base);
  if ("problem" in reached) return reached;
  const { kind } = reached;
  return kind === "file" ? await tarball(reached.path) : { kind, path: reached.path };
}

/** As {@linkcode resolveSource}, for what may be any file. */
export async function resolveFileOrDirectory(
  path: string,
  base: string,
): Promise<FileOrDirectory | Unusable> {
  const reached = await follow(path, base);
  if ("problem" in reached) return reached;
  return reached.inStore ? { kind: "store", path: reached.path } : await classify(reached.path);
}

/** As {@linkcode resolveSource}, for what has to be a store path itself. */
export async function resolveStorePath(path: string, base: string): Promise<StorePath | Unusable> {
  const reached = await follow(path, base);
  if ("problem" in reached) return reached;
  if (isStorePath(reached.path)) return reached.path;
  const what = reached.inStore ? "below a store path" : "not in the store";
  return { problem: `which ${reached.path === path ? "is" : `leads to ${reached.path},`} ${what}` };
}

/**
 * The absolute path of a program or directory that a script is to run with: where it leads to the
 * store, the path in there, else `path` as it is, from `base` on. Whether it exists is not checked.
 */
export async function resolveToolPath(path: string, base: string): Promise<string> {
  const reached = await follow(path, base);
  if ("inStore" in reached && reached.inStore) return reached.path;
  return `/${componentsFromLast(absolute(path, base)).reverse().join("/")}`;
}

/**
 * Follows `path` link by link until it lies in the store or ends. In the store it is logical:
 * nothing below a store path is looked at, so a store path that is a link stays one, and the store
 * may be elsewhere (`--store-root`) or lack the path.
 */
async function follow(
  path: string,
  base: string,
): Promise<{ readonly path: string; readonly inStore: boolean } | Unusable> {
  let current = ""; // followed so far, free of links; "" is the root
  const pending = componentsFromLast(absolute(path, base));
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
      if (current.startsWith(`${STORE_DIR}/`)) {
        return { problem: `which leads to ${current}, no store path` };
      }
    } else {
      if (++links > MAX_LINKS) return { problem: "which leads through too many links" };
      if (isAbsolute(target)) current = "";
      pending.push(...componentsFromLast(target));
    }
  }
  return { path: current || "/", inStore: false };
}

function absolute(path: string, base: string): string {
  return isAbsolute(path) ? path : `${base}/${path}`;
}

function componentsFromLast(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".").reverse();
}

function below(storePath: string, rest: readonly string[]) {
  // What ".." means there depends on links in the store, which are not followed.
  if (rest.includes("..")) return { problem: `which has ".." below ${storePath}` };
  return { path: [storePath, ...rest].join("/"), inStore: true };
}

/** The target of a link; undefined for what is no link, and for the store, its parents and paths. */
async function readLink(path: string): Promise<string | undefined | Unusable> {
  if (holdsStore(path) || path.startsWith(`${STORE_DIR}/`)) return undefined;
  return await reading(path, async () => {
    const { isSymlink } = await Deno.lstat(path);
    return isSymlink ? await Deno.readLink(path) : undefined;
  });
}

/** What there is at a path outside of the store, which has no links in it. */
async function classify(path: string): Promise<FileOrDirectory | Unusable> {
  if (holdsStore(path)) return { problem: `which leads to ${path}, which holds the Nix store` };
  return await reading(path, async () => {
    const { isDirectory, isFile } = await Deno.lstat(path);
    if (isDirectory) return { kind: "directory", path };
    if (isFile) return { kind: "file", path };
    return { problem: `which leads to ${path}, neither a directory nor a file` };
  });
}

async function tarball(path: string): Promise<RootSource | Unusable> {
  return await reading(path, async () => {
    if (await isTarball(path)) return { kind: "tarball", path };
    return {
      problem: `which leads to ${path}, a file of another kind ` +
        "(put it into a directory as it is to be in the image, and give that)",
    };
  });
}

function holdsStore(path: string): boolean {
  return `${STORE_DIR}/`.startsWith(path === "/" ? path : `${path}/`);
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T | Unusable> {
  try {
    return await read();
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
