/**
 * An image to a registry: what it has is not read, the rest is streamed, the manifest goes last.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import type { Layer } from "../layer/layer.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type BlobSource, WrongBytes } from "../registry/upload.ts";
import { imageDocuments } from "./image_documents.ts";
import { KeptBlobs } from "./kept_blobs.ts";
import {
  blobNameOf,
  type LayerBlob,
  type LayerCompression,
  LayerCompressor,
  observed,
} from "./layer_bytes.ts";

/** What has become of a blob. */
export type BlobOutcome = "exists" | "mounted" | "pushed";

/** A layer of which it is known now what became of it. */
export interface PushedLayer {
  /** Its place in the image, 0 for the lowest. */
  readonly index: number;
  readonly layer: Layer;
  readonly outcome: BlobOutcome;
  /** Of the blob, in bytes. */
  readonly size: number;
}

/** Options of {@linkcode pushImage}. */
export interface PushOptions {
  /** How layers are compressed that are not compressed yet; gzip by default. */
  readonly layerCompression?: LayerCompression;
  /** A directory for digests of layers, kept from run to run. Default: they are not kept. */
  readonly digestCache?: string | undefined;
  /** Repositories of the same registry that may have blobs of the image. */
  readonly mountFrom?: readonly string[];
  /** Told when a layer begins to be read. */
  readonly onLayer?: (index: number) => void;
  /** Told of the bytes of layers that were read since the last call. */
  readonly onBytes?: (count: number) => void;
  /** Told when the registry has a layer. */
  readonly onPushed?: (pushed: PushedLayer) => void;
}

/** An image that the registry has now. */
export interface PushedImage {
  /** Docker's ID of it. */
  readonly configDigest: string;
  readonly manifestDigest: string;
  /** Of all its blobs and its manifest, in bytes. */
  readonly size: number;
  /** How much of that was sent; more, where something had to be sent again. */
  readonly sent: number;
  /** How many of its blobs were there, mounted, sent. */
  readonly blobs: Readonly<Record<BlobOutcome, number>>;
}

/** Layers that are asked for and sent at the same time. */
const AT_ONCE = 3;

/**
 * Sends an image to a repository.
 *
 * @param reference a tag, or undefined: then its digest alone names it
 * @throws {ImageError} if a layer can not be read, or the registry does not take it.
 */
export async function pushImage(
  image: Image,
  client: RegistryClient,
  reference: string | undefined,
  options: PushOptions = {},
): Promise<PushedImage> {
  using push = new Push(client, options);
  return await push.run(image, reference);
}

class Push implements Disposable {
  readonly #client: RegistryClient;
  readonly #options: PushOptions;
  readonly #compressor: LayerCompressor;
  readonly #kept: KeptBlobs | undefined;
  /** By name: a layer that is there several times is sent once. */
  readonly #layers = new Map<string, Promise<LayerBlob>>();
  readonly #blobs: Record<BlobOutcome, number> = { exists: 0, mounted: 0, pushed: 0 };
  #sent = 0;
  /** Whether a layer has failed: then the others need not go on. */
  #failed = false;

  constructor(client: RegistryClient, options: PushOptions) {
    const { layerCompression = "gzip", digestCache } = options;
    this.#client = client;
    this.#options = options;
    this.#compressor = new LayerCompressor(layerCompression);
    if (digestCache !== undefined) this.#kept = new KeptBlobs(digestCache, this.#compressor);
  }

  async run(image: Image, reference: string | undefined): Promise<PushedImage> {
    const blobs = await this.#pushLayers(image.layers);
    const { config, manifest } = imageDocuments(image, blobs);
    const bytes = config.bytes;
    await this.#put({
      name: "the config",
      open: () => new Blob([bytes]).stream(),
      digest: config.digest,
      size: bytes.length,
    });
    await this.#client.putManifest(reference ?? manifest.digest, manifest);
    const sizes = new Map(blobs.map(({ descriptor: { digest, size } }) => [digest, size]));
    const small = bytes.length + manifest.bytes.length;
    return {
      configDigest: config.digest,
      manifestDigest: manifest.digest,
      size: sizes.values().reduce((sum, size) => sum + size, small),
      sent: this.#sent + manifest.bytes.length,
      blobs: this.#blobs,
    };
  }

  async #pushLayers(layers: readonly Layer[]): Promise<LayerBlob[]> {
    const blobs: LayerBlob[] = [];
    const waiting = layers.entries();
    const worker = async () => {
      for (const [index, layer] of waiting) {
        if (this.#failed) return;
        const name = blobNameOf(layer);
        let pushed = this.#layers.get(name);
        if (pushed === undefined) {
          pushed = this.#pushLayer(layer, index);
          this.#layers.set(name, pushed);
        }
        try {
          blobs[index] = await pushed;
        } catch (error) {
          this.#failed = true;
          throw error;
        }
      }
    };
    const workers = Array.from({ length: AT_ONCE }, worker);
    try {
      await Promise.all(workers);
    } finally {
      // After a failure the others end, too, before anything that they use is closed.
      await Promise.allSettled(workers);
    }
    return blobs;
  }

  async #pushLayer(layer: Layer, index: number): Promise<LayerBlob> {
    const { blob, diffId } = layer;
    const stored = blob && diffId !== undefined
      ? { blob: { descriptor: descriptorOf(blob), diffId }, open: () => this.#read(blob, index) }
      : undefined;
    const known = stored?.blob ?? await this.#kept?.get(layer);
    const name = `layer ${index + 1} (${layer.label})`;
    let made: (() => string) | undefined;
    const open = stored?.open ?? (() => {
      this.#options.onLayer?.(index);
      const { stream, diffId } = this.#compressor.open(layer, (count) => this.#onBytes(count));
      made = diffId;
      return stream;
    });
    const { digest, size } = known?.descriptor ?? {};
    try {
      const { outcome, ...written } = await this.#put({ name, open, digest, size });
      const { mediaType } = known?.descriptor ?? this.#compressor;
      const result = known ??
        { descriptor: { mediaType, ...written }, diffId: made?.() ?? diffId ?? "" };
      if (known === undefined) await this.#kept?.put(layer, result);
      this.#options.onPushed?.({ index, layer, outcome, size: written.size });
      return result;
    } catch (error) {
      if (!(error instanceof WrongBytes) || stored) throw error;
      await this.#kept?.remove(layer);
      throw new ImageError(
        `${error.message}; what was known of it from an earlier run has been dropped. ` +
          "Has a store path changed (nix-store --verify --check-contents)? If not, push again",
        { cause: error },
      );
    }
  }

  /** Sees to it that the registry has a blob. */
  async #put(
    source: BlobSource,
  ): Promise<{ readonly digest: string; readonly size: number; readonly outcome: BlobOutcome }> {
    const { digest, size } = source;
    const done = (outcome: BlobOutcome, blob: { digest: string; size: number }) => {
      this.#blobs[outcome]++;
      return { ...blob, outcome };
    };
    let location: URL | undefined;
    if (digest !== undefined && size !== undefined) {
      const blob = { digest, size };
      if (await this.#client.hasBlob(digest, size)) return done("exists", blob);
      for (const from of this.#options.mountFrom ?? []) {
        const mounted = await this.#client.mountBlob(digest, from);
        if (mounted === true) return done("mounted", blob);
        location = mounted;
      }
    }
    const onSent = (count: number) => {
      if (this.#failed) throw new ImageError("Another layer has failed");
      this.#sent += count;
    };
    return done("pushed", await this.#client.uploadBlob({ ...source, onSent }, location));
  }

  #read(source: Pick<Layer, "open">, index: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    this.#options.onLayer?.(index);
    return observed(source, (count) => this.#onBytes(count));
  }

  #onBytes(count: number): void {
    this.#options.onBytes?.(count);
  }

  [Symbol.dispose](): void {
    this.#compressor[Symbol.dispose]();
  }
}

function descriptorOf({ mediaType, digest, size }: LayerBlob["descriptor"]) {
  return { mediaType, digest, size };
}
