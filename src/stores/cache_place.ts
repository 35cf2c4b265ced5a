/**
 * Where a binary cache is, and whether one is there.
 * @module
 */

import { ImageError, UsageError } from "../errors.ts";
import { redacted } from "../http/redact.ts";
import { STORE_DIR } from "../store/store_path.ts";
import { quoted } from "../visible.ts";
import type { CacheFiles } from "./cache_files.ts";
import { DiskFiles } from "./disk_files.ts";
import { type CacheCredentials, type HttpCacheOptions, HttpFiles } from "./http_files.ts";

const MOST_OF_CACHE_INFO = 1 << 16;

/** How to get at the files of a cache. */
export interface CachePlaceOptions extends HttpCacheOptions {
  /** What the cache at a URL knows us by; user and password in the URL itself count less. */
  readonly credentials?: (url: URL) => CacheCredentials | undefined;
}

/**
 * The files of the cache at an `https`, `http` or `file` URL, and its name without secrets.
 *
 * @throws {UsageError} if the URL is none of these.
 */
export function filesAt(
  url: URL,
  { credentials, ...options }: CachePlaceOptions,
): { readonly name: string; readonly files: CacheFiles } {
  if (url.protocol === "file:") {
    if (url.host !== "") throw new UsageError(`${redacted(url)}: a file URL has three slashes`);
    const directory = decodeURIComponent(url.pathname);
    return { name: `file://${directory}`, files: new DiskFiles(directory) };
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${redacted(url)} is not the URL of a binary cache`);
  }
  const base = new URL(url.pathname.replace(/\/*$/, "/"), url.origin);
  const known = credentials?.(base) ?? loginIn(url);
  return { name: base.href.slice(0, -1), files: new HttpFiles(base, options, known) };
}

function loginIn({ username, password }: URL): CacheCredentials | undefined {
  if (username === "" && password === "") return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** @throws {ImageError} if no cache is there, or that of another store directory. */
export async function checkCacheInfo(files: CacheFiles, name: string): Promise<void> {
  const bytes = await files.read("nix-cache-info", MOST_OF_CACHE_INFO);
  if (bytes === undefined) {
    throw new ImageError(
      `${name} is no binary cache, or may not be read: no nix-cache-info is there`,
    );
  }
  const [, directory = STORE_DIR] =
    /^StoreDir:[ \t]*(.*?)\s*$/m.exec(new TextDecoder().decode(bytes)) ?? [];
  if (directory === STORE_DIR) return;
  throw new ImageError(
    `${name} is a cache of the store in ${quoted(directory)}, not of ${STORE_DIR}`,
  );
}
