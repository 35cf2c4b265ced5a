/**
 * The documents that say what an image is, when all its layers are blobs.
 * @module
 */

import { type ConfigBlob, configBlob, type Image, sha256Of } from "../image/image.ts";
import { MEDIA_TYPE, ociLayerType } from "../image/media_types.ts";
import { manifestJson } from "../image/oci_documents.ts";
import type { LayerBlob } from "./layer_bytes.ts";

/** See above. */
export interface ImageDocuments {
  readonly config: ConfigBlob;
  readonly manifest: {
    readonly mediaType: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** `sha256:` and 64 hexadecimal digits. */
    readonly digest: string;
  };
}

/** What names an image that was written. */
export interface WrittenImage {
  /** Docker's ID of it. */
  readonly configDigest: string;
  /** The digest of its manifest, by which registries know it. */
  readonly manifestDigest: string;
}

/**
 * Config and manifest of an image; those of an image that others made are the ones it came with.
 *
 * @param blobs one for each layer, lowest first
 */
export function imageDocuments(image: Image, blobs: readonly LayerBlob[]): ImageDocuments {
  const config = configBlob(image, blobs.map(({ diffId }) => diffId));
  const layers = blobs.map(({ descriptor }) => ({
    ...descriptor,
    mediaType: ociLayerType(descriptor.mediaType),
  }));
  const { bytes: { length: size }, digest } = config;
  const { mediaType, bytes } = image.original?.manifest ?? {
    mediaType: MEDIA_TYPE.manifest,
    bytes: new TextEncoder().encode(
      manifestJson(image, { mediaType: MEDIA_TYPE.config, digest, size }, layers),
    ),
  };
  return { config, manifest: { mediaType, bytes, digest: sha256Of(bytes) } };
}
