/**
 * Layers as blobs: as their source has them compressed, or compressed here. Each is read once,
 * however many images have it.
 * @module
 */

import { createHash } from "node:crypto";
import type { Layer, StoredBlob } from "../layer/layer.ts";
import type { Descriptor } from "../image/oci_documents.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import type { BlobWriter } from "./blob_writer.ts";
import { threadCount } from "./compress.ts";
import { compressInWorkers, CompressorThreads } from "./compress_in_workers.ts";
import { joinParts } from "./parts.ts";

/** How layers are compressed that are not compressed yet. */
export type LayerCompression = "gzip" | "zstd" | "none";

/** A layer that is a blob now. */
export interface LayerBlob {
  /** The media type is that of its source, where it has one. */
  readonly descriptor: Descriptor;
  /** See {@linkcode Layer.diffId}. */
  readonly diffId: string;
}

/** Options of {@linkcode LayerBlobs}. */
export interface LayerBlobOptions {
  readonly compression: LayerCompression;
  /** Told of the bytes of layers that were read since the last call. */
  readonly onBytes: (count: number) => void;
}

/** Writes layers as blobs. Disposing of it ends its threads. */
export class LayerBlobs implements Disposable {
  readonly #blobs: BlobWriter;
  readonly #options: LayerBlobOptions;
  readonly #threads = new CompressorThreads(threadCount());
  readonly #made = new Map<string, LayerBlob>();

  /** Writes to `blobs`. */
  constructor(blobs: BlobWriter, options: LayerBlobOptions) {
    this.#blobs = blobs;
    this.#options = options;
  }

  /** What a layer has become, if it was written already. */
  get(layer: Layer): LayerBlob | undefined {
    return this.#made.get(nameOf(layer));
  }

  /** Writes a layer that was not written yet. */
  async put(layer: Layer): Promise<LayerBlob> {
    const made = layer.blob && layer.diffId !== undefined
      ? await this.#copy(layer.blob, layer.diffId)
      : await this.#compress(layer);
    this.#made.set(nameOf(layer), made);
    return made;
  }

  async #copy(blob: StoredBlob, diffId: string): Promise<LayerBlob> {
    const { mediaType, digest, size } = blob;
    if (!this.#blobs.has(digest)) await this.#blobs.put(this.#observed(blob));
    return { descriptor: { mediaType, digest, size }, diffId };
  }

  async #compress(layer: Layer): Promise<LayerBlob> {
    const { compression } = this.#options;
    if (compression === "none") {
      const written = await this.#blobs.put(this.#observed(layer));
      return { descriptor: { mediaType: MEDIA_TYPE.layer, ...written }, diffId: written.digest };
    }
    const hash = layer.diffId === undefined ? createHash("sha256") : undefined;
    const kind = compression === "gzip" ? "gz" : "zstd";
    const tar = this.#observed(layer, (chunk) => hash?.update(chunk));
    const written = await this.#blobs.put(compressInWorkers(tar, kind, this.#threads));
    return {
      descriptor: { mediaType: `${MEDIA_TYPE.layer}+${compression}`, ...written },
      diffId: layer.diffId ?? `sha256:${hash?.digest("hex")}`,
    };
  }

  #observed(
    source: Pick<Layer, "open">,
    observe: (chunk: Uint8Array) => void = () => {},
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { onBytes } = this.#options;
    return joinParts((async function* () {
      yield {
        open: () => source.open(),
        observe(chunk) {
          observe(chunk);
          onBytes(chunk.length);
        },
      };
    })());
  }

  [Symbol.dispose](): void {
    this.#threads[Symbol.dispose]();
  }
}

/** What is the same for two layers only if they become the same blob. */
function nameOf({ blob, diffId, identity }: Layer): string {
  return blob ? `blob ${blob.digest}` : diffId ?? identity;
}
