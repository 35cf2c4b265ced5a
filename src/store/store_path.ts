/**
 * Store paths: `/nix/store/<32 characters of Nix base 32>-<name>`.
 * @module
 */

/** A top-level path of the Nix store, checked once on entry by {@linkcode parseStorePath}. */
export type StorePath = string & { readonly checkedStorePath: true };

/** The logical store directory. A chroot store has it under its root; paths never show that. */
export const STORE_DIR = "/nix/store";

const HASH = "[0-9abcdfghijklmnpqrsvwxyz]{32}";
const NAME = "[0-9a-zA-Z+\\-._?=]+";
const STORE_PATH = new RegExp(`^${STORE_DIR}/${HASH}-${NAME}$`);
const STORE_NAME = new RegExp(`^${HASH}-${NAME}$`);
const WITHIN = new RegExp(`^(${STORE_DIR}/${HASH}-${NAME})(?:/|$)`);

/** Whether `text` is exactly a store path: no trailing slash, nothing below it. */
export function isStorePath(text: string): text is StorePath {
  return STORE_PATH.test(text);
}

/** Whether `text` is what a store path has below the store directory, whichever that is. */
export function isStoreName(text: string): boolean {
  return STORE_NAME.test(text);
}

/**
 * Checks that `text` is a store path.
 *
 * @throws {TypeError} if it is not.
 */
export function parseStorePath(text: string): StorePath {
  if (isStorePath(text)) return text;
  throw new TypeError(`Not a store path: ${JSON.stringify(text)}`);
}

/** The store path that holds `path` (itself, or something below it), or undefined. */
export function enclosingStorePath(path: string): StorePath | undefined {
  return WITHIN.exec(path)?.[1] as StorePath | undefined;
}

/** The 32 characters of Nix base 32 that identify the path. */
export function hashPart(path: StorePath): string {
  return path.slice(STORE_DIR.length + 1, STORE_DIR.length + 33);
}

/** What follows the hash: package name and version. */
export function namePart(path: StorePath): string {
  // Not by the length of the directory: a conf.json may have another one.
  return path.slice(path.lastIndexOf("/") + 34);
}
