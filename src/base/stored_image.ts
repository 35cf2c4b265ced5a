/**
 * Images that others made, as they are found in archives and OCI layouts.
 * @module
 */

import type { Image, OriginalDocuments } from "../image/image.ts";
import type { Layer } from "../layer/layer.ts";

/** What an image is for. */
export interface Platform {
  /** OCI name, such as `linux`. */
  readonly os: string;
  /** OCI name, such as `arm64`. */
  readonly architecture: string;
  /** Such as `v8`; null where none is given. */
  readonly variant: string | null;
}

/** A layer of such an image. Its bytes are verified while they are read. */
export interface StoredLayer extends Layer {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly diffId: string;
  /** What to call it in an error. */
  readonly name: string;
  /** Where it is in what the image was read from: a member's name, or a path in the layout. */
  readonly location: string;
}

/** An image that is read when it is wanted. All that was read of it yet has been verified. */
export interface StoredImage extends Image {
  /** The names it has there, as they are spelt there, such as `alpine:3.19`. */
  readonly names: readonly string[];
  /** The digest of its config: what Docker calls its ID. */
  readonly configDigest: string;
  /** The digest of its manifest; undefined in a docker-archive. */
  readonly manifestDigest: string | undefined;
  /** Lowest layer first. */
  readonly layers: readonly StoredLayer[];
  /** Its documents as they are stored. */
  readonly original: OriginalDocuments;
}

/** The forms in which images are stored. A docker-archive may be an OCI layout as well. */
export type StoredFormat = "docker-archive" | "oci-archive" | "oci";

/** An archive or layout that is open. Its images can be read until it is disposed of. */
export interface OpenedImages extends AsyncDisposable {
  /** Where it is, as it was given. */
  readonly path: string;
  /** What it is. */
  readonly format: StoredFormat;
  /** In the order in which they stand there; none twice. */
  readonly images: readonly StoredImage[];
}
