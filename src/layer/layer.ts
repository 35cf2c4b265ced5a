/**
 * A layer of an image.
 * @module
 */

import { createHash } from "node:crypto";

/** One layer: a tar archive that is made when it is read. */
export interface Layer {
  /** For a person: what the layer holds. */
  readonly label: string;
  /** The `comment` of its history entry (OCI image spec, config, `history`). */
  readonly comment: string;
  /**
   * Names the bytes by what determines them, before they exist: 64 hexadecimal digits. Layers that
   * differ in it may still hold the same bytes.
   */
  readonly identity: string;
  /**
   * Names the bytes as {@linkcode Layer.identity} does, with the hashes of the store paths in them,
   * of which two hosts may hold different bytes: what digests are kept under. 64 hexadecimal digits;
   * undefined where a hash isn't known.
   */
  readonly contentKey?: string | undefined;
  /**
   * The size of the tar in bytes, from metadata alone.
   *
   * @throws {ImageError} if a file is missing or can not be examined.
   */
  tarSize(): Promise<number>;
  /**
   * The uncompressed tar, read while it is consumed: a readable byte stream. It fails with an
   * {@linkcode ImageError} that names the file if one changed or can not be read.
   */
  open(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * The same bytes, ahead of {@linkcode Layer.open}, for which is put aside what would have to be
   * fetched again. Missing where nothing ever has to be.
   */
  openAhead?(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
  /**
   * `sha256:` and 64 hexadecimal digits, where it is known before the layer is read, as that of a
   * base image's layer is: then {@linkcode Layer.open} fails unless the bytes have it.
   */
  readonly diffId?: string;
  /** The layer as its source stores it, compressed or not, where that says what its digest is. */
  readonly blob?: StoredBlob;
}

/** Bytes as they are stored and sent (OCI image spec, descriptor). */
export interface StoredBlob {
  /** Such as `application/vnd.oci.image.layer.v1.tar+gzip`. */
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** The bytes: fails with an {@linkcode ImageError} unless they have the digest and the size. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The diff_id of a layer (OCI image spec, config, `rootfs`): a pass over all of its bytes,
 * unless it is known. */
export async function computeDiffId(layer: Layer): Promise<string> {
  if (layer.diffId !== undefined) return layer.diffId;
  const hash = createHash("sha256");
  await readLayerAhead(layer, (chunk) => hash.update(chunk));
  return `sha256:${hash.digest("hex")}`;
}

/** Reads all bytes of a layer; `see` must not keep the chunks it gets. */
export async function readLayer(
  layer: Pick<Layer, "open">,
  see: (chunk: Uint8Array) => void,
): Promise<void> {
  const reader = layer.open().getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(1 << 20);
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return;
    see(value);
    buffer = value.buffer;
  }
}

/** The same for a layer that is to be opened later: see {@linkcode Layer.openAhead}. */
export async function readLayerAhead(
  layer: Pick<Layer, "open" | "openAhead">,
  see: (chunk: Uint8Array) => void,
): Promise<void> {
  const ahead = await layer.openAhead?.();
  await readLayer(ahead ? { open: () => ahead } : layer, see);
}

/**
 * The {@linkcode Layer.contentKey} of a layer of store paths.
 *
 * @param narHashes of its store paths, in their order; undefined if one isn't known
 */
export function contentKeyOf(
  identity: string,
  narHashes: readonly string[] | undefined,
): string | undefined {
  return narHashes && identityOf("content", identity, narHashes);
}

/** The {@linkcode Layer.identity} of what `parts` determine. */
export function identityOf(...parts: readonly (string | number | readonly string[])[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
