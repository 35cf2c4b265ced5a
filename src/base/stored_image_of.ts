/**
 * From an image's documents to the image.
 * @module
 */

import type { ConfigDocument, Document } from "./documents.ts";
import type { StoredImage, StoredLayer } from "./stored_image.ts";

/** The manifest of an image, and its type. */
export interface TypedManifest extends Omit<Document<unknown>, "value"> {
  readonly mediaType: string;
}

/** The image of a config, with what a manifest says of it if there is one. */
export function storedImage(
  config: Document<ConfigDocument>,
  layers: readonly StoredLayer[],
  names: readonly string[],
  manifest?: TypedManifest,
): StoredImage {
  const { architecture, os, variant, created, config: run, history } = config.value;
  return {
    names,
    architecture,
    os,
    variant: variant ?? null,
    created: created ?? "",
    config: run ?? {},
    history: history ?? [],
    layers,
    configDigest: config.digest,
    manifestDigest: manifest?.digest,
    original: {
      config: config.bytes,
      ...manifest && { manifest: { mediaType: manifest.mediaType, bytes: manifest.bytes } },
    },
  };
}
