/**
 * Layers as blobs: as their source has them compressed, or compressed here. Each is read once,
 * however many images have it.
 * @module
 */

import type { Layer, StoredBlob } from "../layer/layer.ts";
import type { BlobWriter } from "./blob_writer.ts";
import {
  blobNameOf,
  type LayerBlob,
  type LayerCompression,
  LayerCompressor,
  observed,
} from "./layer_bytes.ts";

/** Options of {@linkcode LayerBlobs}. */
export interface LayerBlobOptions {
  readonly compression: LayerCompression;
  /** Told of the bytes of layers that were read since the last call. */
  readonly onBytes: (count: number) => void;
}

/** A layer that was written as a blob. */
export interface WrittenLayer extends LayerBlob {
  /** In bytes; undefined if its source had it compressed. */
  readonly tarSize: number | undefined;
}

/** Writes layers as blobs. Disposing of it ends its threads. */
export class LayerBlobs implements Disposable {
  readonly #blobs: BlobWriter;
  readonly #options: LayerBlobOptions;
  readonly #compressor: LayerCompressor;
  readonly #made = new Map<string, WrittenLayer>();

  /** Writes to `blobs`. */
  constructor(blobs: BlobWriter, options: LayerBlobOptions) {
    this.#blobs = blobs;
    this.#options = options;
    this.#compressor = new LayerCompressor(options.compression);
  }

  /** What a layer has become, if it was written already. */
  get(layer: Layer): WrittenLayer | undefined {
    return this.#made.get(blobNameOf(layer));
  }

  /** Writes a layer that was not written yet. */
  async put(layer: Layer): Promise<WrittenLayer> {
    const made = layer.blob && layer.diffId !== undefined
      ? await this.#copy(layer.blob, layer.diffId)
      : await this.#compress(layer);
    this.#made.set(blobNameOf(layer), made);
    return made;
  }

  async #copy(blob: StoredBlob, diffId: string): Promise<WrittenLayer> {
    const { mediaType, digest, size } = blob;
    if (!this.#blobs.has(digest)) await this.#blobs.put(observed(blob, this.#options.onBytes));
    return { descriptor: { mediaType, digest, size }, diffId, tarSize: undefined };
  }

  async #compress(layer: Layer): Promise<WrittenLayer> {
    const { stream, mediaType, diffId, tarSize } = this.#compressor.open(
      layer,
      this.#options.onBytes,
    );
    const written = await this.#blobs.put(stream);
    return { descriptor: { mediaType, ...written }, diffId: diffId(), tarSize: tarSize() };
  }

  [Symbol.dispose](): void {
    this.#compressor[Symbol.dispose]();
  }
}
