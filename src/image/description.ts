/**
 * What there is to say about an image, as plain data: docs/inspect.md has it for readers of the JSON.
 * @module
 */

import { platformText } from "../base/choose_image.ts";
import type { LayerListing } from "../base/layer_listing.ts";
import type { StoredImage, StoredLayer } from "../base/stored_image.ts";
import type { JsonObject, JsonValue } from "../spec/image_spec.ts";
import type { StorePath } from "../store/store_path.ts";

/** An image, or what one is going to be. */
export interface ImageDescription {
  /** As they are spelt where the image is stored. */
  readonly names: readonly string[];
  /** The digest of its config: what Docker calls its ID. Null where it is not made yet. */
  readonly id: string | null;
  /** The digest of its manifest; null in a docker-archive. */
  readonly manifestDigest: string | null;
  /** `OS/ARCHITECTURE[/VARIANT]`. */
  readonly platform: string;
  /** RFC 3339; null if the image does not say it. */
  readonly created: string | null;
  /** The sum of its layers' sizes, in bytes. */
  readonly size: number;
  /** What a container of the image runs with (OCI image spec, config, `config`). */
  readonly config: JsonObject;
  /** What its manifest says of it (OCI image spec, annotations). */
  readonly annotations: Readonly<Record<string, string>>;
  /** Lowest layer first. */
  readonly layers: readonly LayerDescription[];
}

/** A layer of an image. */
export interface LayerDescription {
  /** The digest of its tar; null where it is not made yet. */
  readonly diffId: string | null;
  /** The size of its tar, in bytes. */
  readonly size: number;
  /** The layer as it is stored and sent, maybe compressed; null in a docker-archive. */
  readonly blob: BlobDescription | null;
  /** How many files, directories and links it has; null where that is not known yet. */
  readonly files: number | null;
  /** What it has of store paths. */
  readonly storePaths: readonly StorePathDescription[];
  /** The contents of its files that are in no store path, in bytes; null where that is not known. */
  readonly outsideStore: number | null;
  /** How many paths it hides that layers below have. */
  readonly whiteouts: number;
  /** What the history says of it (OCI image spec, config, `history`); null if it says nothing. */
  readonly created: string | null;
  /** See {@linkcode LayerDescription.created}. */
  readonly createdBy: string | null;
  /** See {@linkcode LayerDescription.created}. */
  readonly comment: string | null;
  /** Why a layer that is planned is one; null for others. */
  readonly reason: string | null;
}

/** Bytes as they are stored and sent (OCI image spec, descriptor). */
export interface BlobDescription {
  /** Such as `application/vnd.oci.image.layer.v1.tar+gzip`. */
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** A store path, whole or in parts. */
export interface StorePathDescription {
  /** Which one. */
  readonly path: StorePath;
  /** The contents of its files, in bytes. */
  readonly size: number;
}

/**
 * Describes an image by what its layers are listed to hold.
 *
 * @param listings of its layers, lowest first: see {@linkcode listLayer}
 */
export function describeImage(
  image: StoredImage,
  listings: readonly LayerListing[],
): ImageDescription {
  const history = historyOfLayers(image.history, image.layers.length);
  const layers = image.layers.map((layer, index) =>
    describeLayer(layer, listings[index]!, history[index])
  );
  return {
    names: image.names,
    id: image.configDigest,
    manifestDigest: image.manifestDigest ?? null,
    platform: platformText(image),
    created: image.created || null,
    size: totalSize(layers),
    config: image.config,
    annotations: image.annotations ?? {},
    layers,
  };
}

/** Describes a layer by what it is listed to hold. */
export function describeLayer(
  { diffId, blob }: Pick<StoredLayer, "diffId" | "blob">,
  { tarSize, entries, storePaths, whiteouts, opaque }: LayerListing,
  history: JsonObject = {},
): LayerDescription {
  // Of entries with the same path the last one counts.
  const outside = new Map(entries.map(({ path, size }) => [path, size]));
  const listed = [...storePaths];
  return {
    diffId,
    size: tarSize,
    blob: blob ? { mediaType: blob.mediaType, digest: blob.digest, size: blob.size } : null,
    files: listed.reduce((sum, [, { files }]) => sum + files, outside.size),
    storePaths: listed.map(([path, { size }]) => ({ path, size })),
    outsideStore: outside.values().reduce((sum, size) => sum + size, 0),
    whiteouts: whiteouts.length + opaque.length,
    ...describeHistory(history),
    reason: null,
  };
}

/** What a history says of a layer. */
export function describeHistory(
  { created, created_by, comment }: JsonObject,
): Pick<LayerDescription, "created" | "createdBy" | "comment"> {
  return { created: text(created), createdBy: text(created_by), comment: text(comment) };
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The entries of a history that are about layers, if there is one for each of the layers. */
export function historyOfLayers(history: readonly JsonObject[], count: number): JsonObject[] {
  const described = history.filter(({ empty_layer }) => empty_layer !== true);
  return described.length === count ? described : [];
}

/** The sum of sizes, in bytes. */
export function totalSize(sized: readonly { readonly size: number }[]): number {
  return sized.reduce((sum, { size }) => sum + size, 0);
}
