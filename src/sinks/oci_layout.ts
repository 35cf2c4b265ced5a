/**
 * The OCI image layout (OCI image spec 1.1, image layout): a directory, or a tar archive of one,
 * that skopeo, podman, umoci and containerd read.
 * @module
 */

import type { ConfigBlob, Image, NamedImage } from "../image/image.ts";
import { type ImageIndex, imageIndexJson, type ListedImage } from "../image/image_index.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import {
  type Descriptor,
  type IndexedImage,
  indexJson,
  OCI_LAYOUT_JSON,
} from "../image/oci_documents.ts";
import type { Layer } from "../layer/layer.ts";
import { BlobWriter } from "./blob_writer.ts";
import type { LayerStart } from "./docker_archive.ts";
import { imageDocuments, type WrittenImage } from "./image_documents.ts";
import type { LayerCompression } from "./layer_bytes.ts";
import { LayerBlobs, type WrittenLayer } from "./layer_blobs.ts";
import { LayoutArchive, LayoutDirectory, type LayoutFiles } from "./layout_files.ts";

/** Options of {@linkcode writeOciDirectory}. */
export interface OciOptions {
  /** How layers are compressed that their source has not compressed; gzip by default. */
  readonly layerCompression?: LayerCompression;
  /** Told when a layer begins to be read; not for one that is there already. */
  readonly onLayer?: (start: Omit<LayerStart, "size">) => void;
  /** Told of the bytes of layers that were read since the last call. */
  readonly onBytes?: (count: number) => void;
}

/** Options of {@linkcode writeOciArchive}. */
export interface OciArchiveOptions extends OciOptions {
  /** Time of the archive's members, in seconds since the epoch. */
  readonly mtime: number;
}

/** A layout that has been written. */
export interface WrittenLayout {
  /** In bytes; of a directory the sum of its files. */
  readonly size: number;
  /** The images, in their order. */
  readonly images: readonly LayoutImage[];
}

/** An image of a layout that has been written. */
export interface LayoutImage extends WrittenImage {
  /** What its layers have become, lowest first. */
  readonly layers: readonly WrittenLayer[];
}

/**
 * Writes `images` to a new directory, which is there when it is whole.
 *
 * @throws {UsageError} if there is something at `target`.
 * @throws {ImageError} if an image can not be read or written.
 */
export async function writeOciDirectory(
  images: readonly NamedImage[],
  target: string,
  options: OciOptions = {},
): Promise<WrittenLayout> {
  using files = new LayoutDirectory(target);
  return await writeLayout(images, files, options);
}

/**
 * Writes `images` to a file, a tar archive, which is there when it is whole.
 *
 * @throws {UsageError} if what is at `target` is no file.
 * @throws {ImageError} if an image can not be read or written.
 */
export async function writeOciArchive(
  images: readonly NamedImage[],
  target: string,
  options: OciArchiveOptions,
): Promise<WrittenLayout> {
  using files = new LayoutArchive(target, options.mtime);
  return await writeLayout(images, files, options);
}

async function writeLayout(
  images: readonly NamedImage[],
  files: LayoutFiles,
  options: OciOptions,
): Promise<WrittenLayout> {
  await writeText(files, "oci-layout", OCI_LAYOUT_JSON);
  const indexed: IndexedImage[] = [], written: LayoutImage[] = [];
  {
    using writer = new ImageWriter(files, images, options);
    for (const [position, { image, repoTags, refNames }] of images.entries()) {
      const { config, manifest, layers } = await writer.write(image, position);
      indexed.push({ image, repoTags, refNames, manifest });
      written.push({ configDigest: config.digest, manifestDigest: manifest.digest, layers });
    }
  }
  await writeText(files, "index.json", indexJson(indexed));
  return { size: files.commit(), images: written };
}

/** An index and the names it goes by in a layout. */
export interface NamedIndex extends ImageIndex, Pick<NamedImage, "repoTags" | "refNames"> {}

/** A layout with an index that has been written. */
export interface WrittenIndex {
  /** In bytes; of a directory the sum of its files. */
  readonly size: number;
  /** Of the index. */
  readonly digest: string;
  /** Its images, in their order. */
  readonly images: readonly WrittenImage[];
}

/** Writes an index of images to a new directory, as {@linkcode writeOciDirectory} does images. */
export async function writeIndexDirectory(
  index: NamedIndex,
  target: string,
  options: OciOptions = {},
): Promise<WrittenIndex> {
  using files = new LayoutDirectory(target);
  return await writeIndex(index, files, options);
}

/** Writes an index of images to a file, as {@linkcode writeOciArchive} does images. */
export async function writeIndexArchive(
  index: NamedIndex,
  target: string,
  options: OciArchiveOptions,
): Promise<WrittenIndex> {
  using files = new LayoutArchive(target, options.mtime);
  return await writeIndex(index, files, options);
}

async function writeIndex(
  { images, annotations, repoTags, refNames }: NamedIndex,
  files: LayoutFiles,
  options: OciOptions,
): Promise<WrittenIndex> {
  await writeText(files, "oci-layout", OCI_LAYOUT_JSON);
  const written: WrittenImage[] = [];
  let digest: string;
  {
    // Each image is what it is without the others: it takes no layer of theirs as it is compressed.
    using writer = new ImageWriter(files, [], options);
    const listed: ListedImage[] = [];
    for (const [position, image] of images.entries()) {
      const { config, manifest } = await writer.write(image, position);
      listed.push({ image, manifest });
      written.push({ configDigest: config.digest, manifestDigest: manifest.digest });
    }
    const manifest = await writer.writeDocument(
      MEDIA_TYPE.index,
      new TextEncoder().encode(imageIndexJson(listed, annotations)),
    );
    await writeText(files, "index.json", indexJson([{ repoTags, refNames, manifest }]));
    digest = manifest.digest;
  }
  return { size: files.commit(), digest, images: written };
}

async function writeText(files: LayoutFiles, name: string, text: string): Promise<void> {
  using file = files.create();
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    rest = rest.subarray(await file.write(rest));
  }
  file.keep(name);
}

/** Writes images one after the other. Disposing of it ends its threads. */
class ImageWriter implements Disposable {
  readonly #blobs: BlobWriter;
  readonly #layers: LayerBlobs;
  readonly #onLayer: OciOptions["onLayer"];
  /** Layers that an image has as blobs, by diff_id: others need not be compressed. */
  readonly #stored: ReadonlyMap<string, Layer>;

  constructor(files: LayoutFiles, images: readonly NamedImage[], options: OciOptions) {
    const { layerCompression = "gzip", onBytes = () => {}, onLayer } = options;
    this.#blobs = new BlobWriter(files);
    this.#layers = new LayerBlobs(this.#blobs, { compression: layerCompression, onBytes });
    this.#onLayer = onLayer;
    const layers = images.flatMap(({ image }) => image.layers);
    this.#stored = new Map(
      layers.flatMap((layer) =>
        layer.blob && layer.diffId !== undefined ? [[layer.diffId, layer]] : []
      ),
    );
  }

  /** Writes an image: its layers, its config, its manifest. */
  async write(
    image: Image,
    position: number,
  ): Promise<{ config: ConfigBlob; manifest: Descriptor; layers: readonly WrittenLayer[] }> {
    const layers: WrittenLayer[] = [];
    for (const [index, layer] of image.layers.entries()) {
      const source = layer.blob ? layer : this.#stored.get(layer.diffId ?? "") ?? layer;
      let blob = this.#layers.get(source);
      if (blob === undefined) {
        this.#onLayer?.({ image: position, index, layer });
        blob = await this.#layers.put(source);
      }
      layers.push(blob);
    }
    const { config, manifest } = imageDocuments(image, layers);
    await this.#blobs.putBytes(config.bytes);
    return {
      config,
      manifest: await this.writeDocument(manifest.mediaType, manifest.bytes),
      layers,
    };
  }

  /** Writes a manifest or an index. */
  async writeDocument(
    mediaType: string,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<Descriptor> {
    return { mediaType, ...await this.#blobs.putBytes(bytes) };
  }

  [Symbol.dispose](): void {
    this.#layers[Symbol.dispose]();
  }
}
