/**
 * Finding programs, on this machine and in a root directory that is to become `/`.
 * @module
 */

import { dirname, join, resolve } from "node:path/posix";

/** The first executable file called `name` in `directories`, or undefined. */
export function findProgram(name: string, directories: readonly string[]): string | undefined {
  return directories.filter((directory) => directory.startsWith("/"))
    .map((directory) => `${directory}/${name}`).find((path) => isProgram(path));
}

/** Whether this is an executable file; symlinks are followed. */
export function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

/** A directory seen as `/`, with the store under `storeRoot` bound in. */
export interface NewRoot {
  readonly root: string;
  readonly storeRoot: string;
}

/** Whether `path`, as seen inside, is an executable file. */
export function isProgramInside(path: string, inside: NewRoot): boolean {
  let logical = path;
  for (let hops = 0; hops < 40; hops++) {
    const link = firstLink(logical, inside);
    if (link === undefined) return isProgram(placeOf(logical, inside));
    const target = Deno.readLinkSync(placeOf(link, inside));
    logical = resolve(dirname(link), target) + logical.slice(link.length);
  }
  return false;
}

/** The shortest part of `path` that is a symlink. */
function firstLink(path: string, inside: NewRoot): string | undefined {
  for (let end = 0; end < path.length;) {
    const next = path.indexOf("/", end + 1);
    end = next === -1 ? path.length : next;
    const part = path.slice(0, end);
    try {
      if (Deno.lstatSync(placeOf(part, inside)).isSymlink) return part;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function placeOf(path: string, { root, storeRoot }: NewRoot): string {
  return `${path}/`.startsWith("/nix/store/") ? storeRoot + path : join(root, path);
}
