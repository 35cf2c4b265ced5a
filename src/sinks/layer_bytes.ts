/**
 * The bytes that a layer becomes in a layout and in a registry.
 * @module
 */

import { createHash } from "node:crypto";
import type { Descriptor } from "../image/oci_documents.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import type { LayerForm } from "../layer/digest_cache.ts";
import type { Layer } from "../layer/layer.ts";
import { threadCount } from "./compress.ts";
import { codecForm, compressInWorkers, CompressorThreads } from "./compress_in_workers.ts";
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

/** A layer on its way to become a blob. */
export interface CompressedLayer {
  readonly mediaType: string;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** See {@linkcode Layer.diffId}; known when the stream has ended. */
  readonly diffId: () => string;
  /** How much of the tar was read, in bytes. */
  readonly tarSize: () => number;
}

/** Compresses layers. Disposing of it ends its threads. */
export class LayerCompressor implements Disposable {
  /** The media type of what it makes. */
  readonly mediaType: string;
  /** What it makes of a layer. */
  readonly form: LayerForm;
  readonly #compression: LayerCompression;
  readonly #threads = new CompressorThreads(threadCount());

  constructor(compression: LayerCompression) {
    this.#compression = compression;
    this.mediaType = MEDIA_TYPE.layer + (compression === "none" ? "" : `+${compression}`);
    this.form = compression === "none" ? "tar" : codecForm(KIND[compression]);
  }

  /** @param onBytes told of the uncompressed bytes that were read since the last call */
  open(layer: Layer, onBytes: (count: number) => void): CompressedLayer {
    const { mediaType } = this;
    const hash = layer.diffId === undefined ? createHash("sha256") : undefined;
    let digest: string | undefined, tarSize = 0;
    const tar = observed(layer, onBytes, (chunk) => {
      hash?.update(chunk);
      tarSize += chunk.length;
    });
    return {
      mediaType,
      stream: this.#compression === "none"
        ? tar
        : compressInWorkers(tar, KIND[this.#compression], this.#threads),
      diffId: () => digest ??= layer.diffId ?? `sha256:${hash?.digest("hex")}`,
      tarSize: () => tarSize,
    };
  }

  [Symbol.dispose](): void {
    this.#threads[Symbol.dispose]();
  }
}

const KIND = { gzip: "gz", zstd: "zstd" } as const;

/** The bytes of a source; `observe` sees them, and must not keep them. */
export function observed(
  source: Pick<Layer, "open">,
  onBytes: (count: number) => void,
  observe: (chunk: Uint8Array) => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
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

/** What is the same for two layers only if they become the same blob. */
export function blobNameOf({ blob, diffId, identity }: Layer): string {
  return blob ? `blob ${blob.digest}` : diffId ?? identity;
}
