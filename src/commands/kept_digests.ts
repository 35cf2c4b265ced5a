/**
 * The digests of an image's layers before the layers are read, as far as they are known.
 * @module
 */

import { DigestCache, KeptDigestError, type LayerDigest } from "../layer/digest_cache.ts";
import type { Layer } from "../layer/layer.ts";
import { readDigest } from "../layer/read_digest.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";

/** See above. */
export class KeptDigests {
  readonly #cache = openCache();
  readonly #layers: readonly Layer[];
  readonly #found: (LayerDigest | undefined)[];

  private constructor(layers: readonly Layer[], found: (LayerDigest | undefined)[]) {
    this.#layers = layers;
    this.#found = found;
  }

  /** Looks up what was kept of these layers. */
  static async of(layers: readonly Layer[]): Promise<KeptDigests> {
    const kept = new KeptDigests(layers, []);
    for (const { contentKey } of layers) {
      kept.#found.push(contentKey === undefined ? undefined : await kept.#cache?.get(contentKey));
    }
    return kept;
  }

  /** Of each layer, also if it knows that itself. */
  get diffIds(): (string | undefined)[] {
    return this.#layers.map(({ diffId }, index) => diffId ?? this.#found[index]?.digest);
  }

  /** The sizes of the layers' tars in bytes, as far as they were kept. */
  get sizes(): (number | undefined)[] {
    return this.#found.map((found) => found?.size);
  }

  /** All of them, when they are complete. */
  get digests(): LayerDigest[] {
    return this.#found.flatMap((found) => found ?? []);
  }

  /** Diff_ids that were kept, by the layers' identities. */
  get byIdentity(): Map<string, string> {
    return new Map(
      this.#layers.flatMap(({ identity }, index) => {
        const found = this.#found[index];
        return found ? [[identity, found.digest]] : [];
      }),
    );
  }

  /** Keeps what has become of the layers: a diff_id each, and sizes where they were not kept yet. */
  async keep(diffIds: readonly string[], sizes: ReadonlyMap<number, number>): Promise<void> {
    for (const [index, { contentKey }] of this.#layers.entries()) {
      const [digest, size] = [diffIds[index], sizes.get(index)];
      if (this.#found[index] || contentKey === undefined || !digest || size === undefined) continue;
      await this.#cache?.put(contentKey, { digest, size });
    }
  }

  /**
   * Finds what is missing; layers of which there is no digest yet are read for it.
   *
   * @param onLayer told when one begins to be read
   * @throws {ImageError} if one can not be read.
   */
  async complete(onLayer: (index: number) => void): Promise<void> {
    for (const [index, layer] of this.#layers.entries()) {
      const { diffId, contentKey } = layer;
      let found = this.#found[index];
      if (found === undefined && diffId !== undefined) {
        found = { digest: diffId, size: await layer.tarSize() };
      } else if (found === undefined) {
        onLayer(index);
        found = await readDigest(layer);
        if (contentKey !== undefined) await this.#cache?.put(contentKey, found);
      }
      this.#found[index] = found;
    }
  }

  /** Forgets what turned out to be wrong, if that is what `error` says. */
  async forget(error: unknown): Promise<void> {
    if (!(error instanceof KeptDigestError)) return;
    const { contentKey } = error.layer;
    if (contentKey !== undefined) await this.#cache?.remove(contentKey);
  }
}

function openCache(): DigestCache | undefined {
  const directory = trustedCacheDirectory("digests");
  return directory === undefined ? undefined : new DigestCache(directory);
}
