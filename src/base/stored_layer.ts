/**
 * A layer of an image that others made.
 * @module
 */

import { readLayer, type StoredBlob } from "../layer/layer.ts";
import { type Compression, compressionOf, MAGIC_LENGTH } from "../tar/compression.ts";
import { decompress } from "../tar/decompress.ts";
import type { Content } from "../tar/stream.ts";
import type { Descriptor } from "./documents.ts";
import { shownName } from "./file_names.ts";
import type { ImageFile } from "./image_files.ts";
import type { StoredLayer } from "./stored_image.ts";
import { type Expected, verifiedChunks, verifiedContent, Verifier } from "./verified.ts";

/** How much compressed input is read at a time, in bytes. */
const CHUNK = 1 << 18;

/** What is said of a layer where it is stored. */
export interface LayerDescription {
  /** Its place in the image, 0 for the lowest. */
  readonly index: number;
  /** See {@linkcode StoredLayer.diffId}. */
  readonly diffId: string;
  /** What the archive or layout is called in errors. */
  readonly source: string;
  /** What its manifest says of it; docker-archives say nothing. */
  readonly descriptor?: Descriptor | undefined;
  /** See {@linkcode Expected.onDamage}. */
  readonly onDamage?: (() => void) | undefined;
}

/**
 * The layer in a file: a tar archive, compressed or not.
 *
 * @throws {ImageError} if the file can not be read.
 */
export async function storedLayer(
  file: ImageFile,
  description: LayerDescription,
): Promise<StoredLayer> {
  const start = new Uint8Array(MAGIC_LENGTH);
  const content = file.open();
  try {
    await content.read(start);
  } finally {
    content.close();
  }
  const compression = compressionOf(start);
  return compression === undefined
    ? new PlainLayer(file, description)
    : new CompressedLayer(file, description, compression);
}

class PlainLayer implements StoredLayer {
  readonly comment = "";
  readonly blob?: StoredBlob;
  readonly label: string;
  readonly identity: string;
  readonly diffId: string;
  readonly location: string;
  readonly name: string;
  protected readonly file: ImageFile;
  protected readonly expected: Expected;

  constructor(file: ImageFile, description: LayerDescription) {
    const { index, diffId, source, descriptor, onDamage } = description;
    this.file = file;
    this.diffId = diffId;
    this.identity = diffId.replace("sha256:", "");
    this.label = `base layer ${index + 1}`;
    this.location = file.name;
    const name = `${source}: ${shownName(file.name)} (layer ${index + 1})`;
    this.name = name;
    this.expected = { digest: diffId, name, onDamage };
    if (descriptor === undefined) return;
    const { mediaType, digest, size } = descriptor;
    const open = () => verifiedContent(() => file.open(), { digest, size, name, onDamage });
    this.blob = { mediaType, digest, size, open };
  }

  tarSize(): Promise<number> {
    return Promise.resolve(this.file.size);
  }

  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return verifiedContent(() => this.file.open(), { ...this.expected, size: this.file.size });
  }
}

class CompressedLayer extends PlainLayer {
  readonly #compression: Compression;
  readonly #descriptor: Descriptor | undefined;
  #size: Promise<number> | undefined;

  constructor(file: ImageFile, description: LayerDescription, compression: Compression) {
    super(file, description);
    this.#compression = compression;
    this.#descriptor = description.descriptor;
  }

  /** Takes a pass over the layer: nothing says how large it becomes. */
  override tarSize(): Promise<number> {
    return this.#size ??= this.#measure();
  }

  override open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { size, name } = { size: this.file.size, name: this.name };
    return verifiedChunks(
      decompress(this.#compressed(), this.#compression, size, name),
      this.expected,
    );
  }

  async #measure(): Promise<number> {
    let size = 0;
    await readLayer(this, ({ length }) => size += length);
    return size;
  }

  async *#compressed(): AsyncGenerator<Uint8Array> {
    const { digest, size } = this.#descriptor ?? {};
    const verifier = digest === undefined
      ? undefined
      : new Verifier({ digest, size: size ?? 0, name: this.name });
    let content: Content | undefined;
    try {
      content = this.file.open();
      for (;;) {
        const chunk = new Uint8Array(CHUNK);
        const length = await content.read(chunk);
        if (length === 0) break;
        verifier?.update(chunk.subarray(0, length));
        yield chunk.subarray(0, length);
      }
      verifier?.finish();
    } finally {
      content?.close();
    }
  }
}
