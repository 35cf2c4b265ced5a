/**
 * Listings of NARs in a cache repository: entries as those of layers, of blobs that are there, too.
 * @module
 */

import { sha256Of } from "../image/image.ts";
import type { EntryName } from "./cache_entry.ts";
import type { CacheRepository } from "./cache_repository.ts";

const MEDIA_TYPE = "application/vnd.nix-image.listing.v1+json";

/** Longer ones, in bytes, are not shared: about 50,000 files. */
const MOST = 4 << 20;

/** The listing of a NAR is known by the NAR's hash: `sha256:` and 64 hexadecimal digits. */
export class CacheListings {
  readonly #cache: CacheRepository;

  constructor(cache: CacheRepository) {
    this.#cache = cache;
  }

  /**
   * What others have read in a NAR, if it is to be believed, and whether it is signed.
   *
   * @param parse throws an {@linkcode ImageError} if it is no listing: then it is not there
   */
  async get<T>(narHash: string, parse: (text: string) => T) {
    const read = (bytes: Uint8Array) => parse(new TextDecoder().decode(bytes));
    return await this.#cache.content(nameOf(narHash), { most: MOST, read });
  }

  /** Writes what is in a NAR, in the background. */
  put(narHash: string, text: string): void {
    this.#tell("put", narHash, text);
  }

  /** Writes it if there is no entry, in the background. */
  offer(narHash: string, text: string): void {
    this.#tell("offer", narHash, text);
  }

  #tell(how: "put" | "offer", narHash: string, text: string): void {
    const content = new TextEncoder().encode(text);
    if (content.length > MOST) return;
    const made = { digest: sha256Of(content), size: content.length };
    this.#cache[how](nameOf(narHash), made, MEDIA_TYPE, content);
  }
}

function nameOf(narHash: string): EntryName {
  return { key: narHash.slice("sha256:".length), form: "listing-1" };
}
