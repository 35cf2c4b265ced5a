/**
 * The layers of a base image as those of an image that is made on it.
 * @module
 */

import type { StoredLayer } from "../base/stored_image.ts";
import type { Layer, StoredBlob } from "../layer/layer.ts";

/** A layer of which it is known how large it is when it is decompressed. */
export class BaseLayer implements Layer {
  readonly label: string;
  readonly comment: string;
  readonly identity: string;
  readonly diffId: string;
  readonly blob?: StoredBlob;
  readonly #layer: StoredLayer;
  readonly #size: number;

  /** @param size of its tar, in bytes */
  constructor(layer: StoredLayer, size: number) {
    const { label, comment, identity, diffId, blob } = layer;
    this.label = label;
    this.comment = comment;
    this.identity = identity;
    this.diffId = diffId;
    if (blob) this.blob = blob;
    this.#layer = layer;
    this.#size = size;
  }

  /** See {@linkcode Layer.tarSize}. */
  tarSize(): Promise<number> {
    return Promise.resolve(this.#size);
  }

  /** See {@linkcode Layer.open}. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#layer.open();
  }
}
