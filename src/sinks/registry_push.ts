/**
 * What images that go to one repository have in common: blobs that are asked for, taken over or
 * sent, each once.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import type { Layer } from "../layer/layer.ts";
import type { RegistryClient } from "../registry/client.ts";
import { type BlobSource, WrongBytes } from "../registry/upload.ts";
import { type ImageDocuments, imageDocuments } from "./image_documents.ts";
import { KeptBlobs, type SharedDigests } from "./kept_blobs.ts";
import {
  blobNameOf,
  type CompressedLayer,
  type LayerBlob,
  type LayerCompression,
  LayerCompressor,
  observed,
} from "./layer_bytes.ts";

/** What has become of a blob. */
export type BlobOutcome = "exists" | "mounted" | "pushed";

/** A layer of which it is known now what became of it. */
export interface PushedLayer {
  /** Its place among the layers of all images, 0 for the lowest of the first. */
  readonly index: number;
  /** A layer that was there before in what is sent `exists`. */
  readonly outcome: BlobOutcome;
  /** Of the blob, in bytes. */
  readonly size: number;
  /** What the layer is there. */
  readonly blob: LayerBlob;
  /** Who knew that before it was asked for; undefined if the layer was read to find out. */
  readonly knownFrom: "source" | "earlier run" | "other host" | undefined;
}

/** How images are sent. */
export interface PushOptions {
  /** How layers are compressed that are not compressed yet; gzip by default. */
  readonly layerCompression?: LayerCompression;
  /** A directory for digests of layers, kept from run to run. Default: they are not kept. */
  readonly digestCache?: string | undefined;
  /** Repositories of the same registry that may have blobs of the image. */
  readonly mountFrom?: readonly string[];
  /** Told when a layer begins to be read, and the size of its blob where that is known. */
  readonly onLayer?: (index: number, size: number | undefined) => void;
  /** Told of the bytes of a layer's blob that have gone out since the last call. */
  readonly onSent?: (index: number, count: number) => void;
  /** Told when the registry has a layer. */
  readonly onPushed?: (pushed: PushedLayer) => void;
}

/** The same, with what hosts share. */
export interface SharingPushOptions extends PushOptions {
  /** Digests of layers that other hosts have made. */
  readonly shared?: SharedDigests | undefined;
}

/** What it took to have something in a registry. */
export interface PushedBlobs {
  /** Of all blobs and manifests, in bytes. */
  readonly size: number;
  /** How much of that was sent; more, where something had to be sent again. */
  readonly sent: number;
  /** How many blobs were there, mounted, sent. */
  readonly blobs: Readonly<Record<BlobOutcome, number>>;
}

/** Layers that are asked for and sent at the same time. */
const AT_ONCE = 3;

/** Where an image is among several. */
interface ImagePlace {
  /** How many layers those before it have. */
  readonly first: number;
  /** Begins what its layers are called in an error. */
  readonly name: string;
}

/** Disposing of it ends what compresses. */
export class RegistryPush implements Disposable {
  readonly #client: RegistryClient;
  readonly #options: SharingPushOptions;
  readonly #compressor: LayerCompressor;
  readonly #kept: KeptBlobs | undefined;
  /** By name: a layer that is there several times is sent once. */
  readonly #layers = new Map<string, Promise<LayerBlob>>();
  readonly #blobs: Record<BlobOutcome, number> = { exists: 0, mounted: 0, pushed: 0 };
  /** Of blobs and manifests, by digest. */
  readonly #sizes = new Map<string, number>();
  #sent = 0;
  /** Whether a layer has failed: then the others need not go on. */
  #failed = false;

  constructor(client: RegistryClient, options: SharingPushOptions) {
    const { layerCompression = "gzip", digestCache: directory, shared } = options;
    this.#client = client;
    this.#options = options;
    this.#compressor = new LayerCompressor(layerCompression);
    if (directory !== undefined || shared !== undefined) {
      this.#kept = new KeptBlobs({ directory, shared }, this.#compressor);
    }
  }

  /** Sends an image. */
  async image(
    image: Image,
    reference: string | undefined,
    place: ImagePlace = { first: 0, name: "" },
  ): Promise<ImageDocuments> {
    const blobs = await this.#pushLayers(image.layers, place);
    const documents = imageDocuments(image, blobs);
    const { config: { bytes, digest }, manifest } = documents;
    await this.#put({
      name: "the config",
      open: () => new Blob([bytes]).stream(),
      digest,
      size: bytes.length,
    });
    await this.manifest(reference, manifest);
    return documents;
  }

  /** Sends a manifest, or an index. */
  async manifest(
    reference: string | undefined,
    manifest: ImageDocuments["manifest"],
  ): Promise<void> {
    const { digest, bytes } = manifest;
    await this.#client.putManifest(reference ?? digest, manifest);
    this.#sizes.set(digest, bytes.length);
    this.#sent += bytes.length;
  }

  /** What it took so far. */
  get result(): PushedBlobs {
    const size = this.#sizes.values().reduce((sum, size) => sum + size, 0);
    return { size, sent: this.#sent, blobs: this.#blobs };
  }

  async #pushLayers(layers: readonly Layer[], place: ImagePlace): Promise<LayerBlob[]> {
    this.#kept?.ask(layers);
    const blobs: LayerBlob[] = [];
    const waiting = layers.entries();
    const worker = async () => {
      for (const [index, layer] of waiting) {
        if (this.#failed) return;
        const name = blobNameOf(layer);
        const known = this.#layers.get(name);
        const pushed = known ?? this.#pushLayer(layer, index, place);
        this.#layers.set(name, pushed);
        try {
          const blob = blobs[index] = await pushed;
          if (known === undefined) continue;
          const { size } = blob.descriptor;
          this.#options.onPushed?.({
            index: place.first + index,
            outcome: "exists",
            size,
            blob,
            knownFrom: "source",
          });
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

  async #pushLayer(layer: Layer, position: number, place: ImagePlace): Promise<LayerBlob> {
    const { blob, diffId } = layer;
    const index = place.first + position;
    const stored = blob && diffId !== undefined
      ? { blob: { descriptor: descriptorOf(blob), diffId }, open: () => observed(blob, () => {}) }
      : undefined;
    const kept = stored ? undefined : await this.#kept?.get(layer);
    const known = stored?.blob ?? kept;
    const name = `${place.name}layer ${position + 1} (${layer.label})`;
    let made: CompressedLayer | undefined;
    const { digest, size } = known?.descriptor ?? {};
    const open = () => {
      this.#options.onLayer?.(index, size);
      if (stored) return stored.open();
      made = this.#compressor.open(layer, () => {});
      return made.stream;
    };
    const onSent = (count: number) => this.#options.onSent?.(index, count);
    try {
      const { outcome, ...written } = await this.#put({ name, open, digest, size, onSent }, {
        shared: stored ? undefined : this.#options.shared,
        // What others say of it may be wrong; then it is what it has become here.
        compare: kept?.foreign === undefined,
      });
      const { mediaType } = this.#compressor;
      const isMade = outcome === "pushed" ? made : undefined;
      const result = known !== undefined && !isMade
        ? known
        : { descriptor: { mediaType, ...written }, diffId: isMade?.diffId() ?? diffId ?? "" };
      const tarSize = isMade?.tarSize();
      if (!stored) await this.#kept?.put(layer, result, { known: kept, tarSize });
      const knownFrom = stored ? "source" : kept && (kept.foreign ? "other host" : "earlier run");
      this.#options.onPushed?.({ index, outcome, size: written.size, blob: result, knownFrom });
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

  /** Sees to it that the registry has a blob; `compare`: this one and no other. */
  async #put(
    source: BlobSource,
    { shared, compare = true }: { readonly shared?: SharedDigests | undefined; compare?: boolean } =
      {},
  ): Promise<{ readonly digest: string; readonly size: number; readonly outcome: BlobOutcome }> {
    const { digest, size } = source;
    const done = (outcome: BlobOutcome, blob: { digest: string; size: number }) => {
      this.#blobs[outcome]++;
      this.#sizes.set(blob.digest, blob.size);
      return { ...blob, outcome };
    };
    let location: URL | undefined;
    if (digest !== undefined && size !== undefined) {
      const blob = { digest, size };
      if (await this.#client.hasBlob(digest, size, compare)) return done("exists", blob);
      for (const from of this.#options.mountFrom ?? []) {
        const mounted = await this.#client.mountBlob(digest, from);
        if (mounted === true) return done("mounted", blob);
        location = mounted;
      }
      const mounted = await shared?.mount(digest) ?? false;
      if (mounted === true) {
        if (compare || await this.#client.hasBlob(digest, size, compare)) {
          return done("mounted", blob);
        }
      } else if (mounted !== false) location = mounted;
    }
    const onSent = (count: number) => {
      if (this.#failed) throw new ImageError("Another layer has failed");
      this.#sent += count;
      source.onSent?.(count);
    };
    const expected = compare ? {} : { digest: undefined, size: undefined };
    return done(
      "pushed",
      await this.#client.uploadBlob({ ...source, ...expected, onSent }, location),
    );
  }

  [Symbol.dispose](): void {
    this.#compressor[Symbol.dispose]();
  }
}

function descriptorOf({ mediaType, digest, size }: LayerBlob["descriptor"]) {
  return { mediaType, digest, size };
}
