/**
 * Stores by their URLs.
 * @module
 */

import { AskedStore } from "./asked_store.ts";
import { binaryCache, type BinaryCacheOptions } from "./binary_cache.ts";
import type { Judge } from "./judge.ts";
import { nixStore } from "./nix_driven.ts";

/** Options of {@linkcode namedStore}. */
export interface NamedStoreOptions extends Omit<BinaryCacheOptions, "isBelieved"> {
  /** Told, once, of each store that can not be reached: it counts as one that has nothing. */
  readonly onWarning?: (message: string) => void;
}

/**
 * The store at a URL: `https`, `http` and `file` are binary caches; others are what Nix knows, see
 * {@linkcode nixStore}. Of the parameters of a cache, `trusted=true` counts: no signatures are needed
 * of it. It is opened when it is first asked: then what is no store fails.
 *
 * @throws {UsageError} if the URL is none of a store.
 */
export function namedStore(text: string, options: NamedStoreOptions, judge: Judge): AskedStore {
  const { onWarning = () => {}, ...others } = options;
  const url = /^(?:https?|file):/i.test(text) ? URL.parse(text) : null;
  if (url === null) {
    const store = nixStore(text);
    return new AskedStore(store, store.isTrusted, onWarning);
  }
  const isTrusted = /^(?:true|yes|1)$/.test(url.searchParams.get("trusted") ?? "");
  const store = binaryCache(url, {
    ...others,
    isBelieved: (path, info) => isTrusted || judge.objection(path, info) === undefined,
  });
  return new AskedStore(store, isTrusted, onWarning);
}
