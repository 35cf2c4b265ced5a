/**
 * Stores by their URLs: binary caches, and what only Nix knows.
 * @module
 */

import { type BinaryCacheOptions, openBinaryCache } from "./binary_cache.ts";
import { filesAt } from "./cache_place.ts";
import type { Judge } from "./judge.ts";
import type { NarStore } from "./nar_store.ts";
import { nixStore } from "./nix_driven.ts";

/** What opening them needs. */
export type NamedStoresOptions = Omit<BinaryCacheOptions, "isBelieved">;

/** @throws {UsageError} if a URL is none of a store. */
export function checkStoreUrl(text: string, options: NamedStoresOptions): void {
  const url = cacheUrl(text);
  if (url === null) nixStore(text)[Symbol.dispose]();
  else filesAt(url, options).files[Symbol.dispose]();
}

/**
 * Opens stores, all or none.
 *
 * @throws {ImageError} if one is not there.
 */
export async function openNamedStores(
  urls: readonly string[],
  options: NamedStoresOptions,
  judge: Judge,
): Promise<OpenedStore[]> {
  const opened = await Promise.allSettled(urls.map((url) => openStore(url, options, judge)));
  const stores = opened.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const failed = opened.find((one) => one.status === "rejected");
  if (failed === undefined) return stores;
  for (const { store } of stores) store[Symbol.dispose]();
  throw failed.reason;
}

/** The URL of a binary cache; null for what only Nix knows. */
function cacheUrl(text: string): URL | null {
  return /^(?:https?|file):/i.test(text) ? URL.parse(text) : null;
}

/** A store, and whether all that it says is believed. */
export interface OpenedStore {
  readonly store: NarStore;
  readonly isTrusted: boolean;
}

async function openStore(
  text: string,
  options: NamedStoresOptions,
  judge: Judge,
): Promise<OpenedStore> {
  const url = cacheUrl(text);
  if (url === null) {
    const store = nixStore(text);
    return { store, isTrusted: store.isTrusted };
  }
  const isTrusted = /^(?:true|yes|1)$/.test(url.searchParams.get("trusted") ?? "");
  const store = await openBinaryCache(url, {
    ...options,
    isBelieved: (path, info) => isTrusted || judge.objection(path, info) === undefined,
  });
  return { store, isTrusted };
}
