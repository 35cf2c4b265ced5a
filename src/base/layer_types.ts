/**
 * The media types of layers, which say how they are compressed (OCI image spec, media types;
 * Docker's image manifest schema 2).
 * @module
 */

import type { Compression } from "../tar/compression.ts";

const TYPES = new Map<string, Compression | undefined>([
  ...["layer", "layer.nondistributable"].flatMap((kind) => {
    const tar = `application/vnd.oci.image.${kind}.v1.tar`;
    return [[tar, undefined], [`${tar}+gzip`, "gzip"], [`${tar}+zstd`, "zstd"]] as const;
  }),
  ...["diff", "foreign.diff"].flatMap((kind) => {
    const tar = `application/vnd.docker.image.rootfs.${kind}.tar`;
    return [[tar, undefined], [`${tar}.gzip`, "gzip"], [`${tar}.zstd`, "zstd"]] as const;
  }),
]);

/** What is wrong with the media type of a layer that is compressed so; undefined if nothing is. */
export function wrongLayerType(
  mediaType: string,
  compression: Compression | undefined,
): string | undefined {
  if (!TYPES.has(mediaType)) return "is the type of no layer";
  const expected = TYPES.get(mediaType);
  if (expected === compression) return undefined;
  return `stands for ${described(expected)}, and the layer is ${described(compression)}`;
}

function described(compression: Compression | undefined): string {
  return compression === undefined ? "a plain tar" : `a tar compressed by ${compression}`;
}
