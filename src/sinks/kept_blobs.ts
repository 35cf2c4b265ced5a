/**
 * The blobs that layers became in earlier runs: a layer that the registry has need not be read to
 * know that.
 *
 * What is kept here only says what to ask for. Bytes that are sent are hashed again.
 * @module
 */

import { DigestCache } from "../layer/digest_cache.ts";
import type { Layer } from "../layer/layer.ts";
import type { LayerBlob, LayerCompressor } from "./layer_bytes.ts";

/** See above. */
export class KeptBlobs {
  readonly #cache: DigestCache;
  readonly #compressor: Pick<LayerCompressor, "form" | "mediaType">;

  /** @param directory of the {@linkcode DigestCache} */
  constructor(directory: string, compressor: Pick<LayerCompressor, "form" | "mediaType">) {
    this.#cache = new DigestCache(directory);
    this.#compressor = compressor;
  }

  /** What is known of a layer. */
  async get(layer: Layer): Promise<LayerBlob | undefined> {
    const { form, mediaType } = this.#compressor;
    const key = keyOf(layer);
    const found = key === undefined ? undefined : await this.#cache.get(key, form);
    const diffId = form === "tar" ? found?.digest : found?.diffId;
    if (found === undefined || diffId === undefined) return undefined;
    const { digest, size } = found;
    return { descriptor: { mediaType, digest, size }, diffId };
  }

  /**
   * Keeps what a layer has become, and its tar, which others ask for.
   *
   * @param tarSize in bytes
   */
  async put(
    layer: Layer,
    { descriptor: { digest, size }, diffId }: LayerBlob,
    tarSize: number,
  ): Promise<void> {
    const { form } = this.#compressor;
    const key = keyOf(layer);
    if (key === undefined) return;
    if (form !== "tar") await this.#cache.put(key, { digest, size, diffId }, form);
    await this.#cache.put(key, { digest: diffId, size: tarSize });
  }

  /** Forgets what has turned out to be wrong. */
  async remove(layer: Layer): Promise<void> {
    const key = keyOf(layer);
    if (key !== undefined) await this.#cache.remove(key, this.#compressor.form);
  }
}

/** A layer whose digest is known beforehand is determined by that. */
function keyOf({ contentKey, diffId }: Layer): string | undefined {
  return contentKey ?? diffId?.slice("sha256:".length);
}
