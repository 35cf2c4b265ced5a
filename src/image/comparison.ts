/**
 * How two images differ, as plain data: docs/inspect.md has it for readers of the JSON.
 * @module
 */

import { BaseRoot } from "../base/base_root.ts";
import type { LayerListing, ListedEntry } from "../base/layer_listing.ts";
import type { StoredImage } from "../base/stored_image.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import { type ConfigChange, configChanges } from "./config_changes.ts";
import {
  describeImage,
  type ImageDescription,
  type LayerDescription,
  totalSize,
} from "./description.ts";
import { type Change, type StorePathChanges, storePathChanges } from "./store_path_changes.ts";

/** An image and what its layers are listed to hold. */
export interface ListedImage {
  readonly image: StoredImage;
  readonly listings: readonly LayerListing[];
}

/** How two images differ. */
export interface ImageComparison {
  readonly from: ComparedImage;
  readonly to: ComparedImage;
  /** Whether they have the same ID: then all but names and compression is the same. */
  readonly same: boolean;
  readonly layers: LayerChanges;
  readonly pull: Pull;
  readonly storePaths: StorePathChanges;
  readonly files: FileChanges;
  readonly config: readonly ConfigChange[];
}

/** One of them. */
export type ComparedImage = Pick<
  ImageDescription,
  "names" | "id" | "manifestDigest" | "platform" | "size"
>;

/** A layer of one of them. */
export type ComparedLayer = Pick<LayerDescription, "diffId" | "size" | "blob">;

/** Layers by their diff_ids, none twice. */
export interface LayerChanges {
  /** What both have, as the new one stores it. */
  readonly shared: readonly ComparedLayer[];
  readonly added: readonly ComparedLayer[];
  readonly removed: readonly ComparedLayer[];
}

/** What a machine that has the old image must pull to get the new one: the layers it lacks. */
export interface Pull {
  /** How many. */
  readonly layers: number;
  /** How many of them are stored compressed. */
  readonly compressedLayers: number;
  /** The sum of the sizes of their blobs as they are stored; of their tars in a docker-archive. */
  readonly size: number;
}

/** How files outside of store paths differ, by what can be seen without their contents. */
export interface FileChanges {
  /** Absolute paths. */
  readonly added: readonly string[];
  /** Absolute paths. */
  readonly removed: readonly string[];
  readonly changed: readonly FileChange[];
}

/** A file that is another one now. */
export interface FileChange extends Change<FileFacts> {
  /** Absolute. */
  readonly path: string;
}

/** What is compared of files. */
export type FileFacts = Omit<ListedEntry, "path">;

/** Compares two images. */
export function compareImages(from: ListedImage, to: ListedImage): ImageComparison {
  const [old, now] = [from, to].map(({ image, listings }) => describeImage(image, listings)) as [
    ImageDescription,
    ImageDescription,
  ];
  const [oldRoot, newRoot] = [new BaseRoot(from.listings), new BaseRoot(to.listings)];
  const layers = layerChanges(old.layers, now.layers);
  return {
    from: compared(old),
    to: compared(now),
    same: old.id === now.id,
    layers,
    pull: pullOf(layers.added),
    storePaths: storePathChanges(oldRoot.storePaths, newRoot.storePaths),
    files: fileChanges(oldRoot, newRoot),
    config: configChanges(documentOf(from.image), documentOf(to.image)),
  };
}

function compared({ names, id, manifestDigest, platform, size }: ImageDescription): ComparedImage {
  return { names, id, manifestDigest, platform, size };
}

function documentOf({ original }: StoredImage): JsonObject {
  return JSON.parse(new TextDecoder().decode(original.config));
}

function layerChanges(
  from: readonly LayerDescription[],
  to: readonly LayerDescription[],
): LayerChanges {
  const [old, now] = [from, to].map((layers) =>
    new Map(layers.map(({ diffId, size, blob }) => [diffId, { diffId, size, blob }]))
  ) as [Map<string | null, ComparedLayer>, Map<string | null, ComparedLayer>];
  return {
    shared: [...now.values()].filter(({ diffId }) => old.has(diffId)),
    added: [...now.values()].filter(({ diffId }) => !old.has(diffId)),
    removed: [...old.values()].filter(({ diffId }) => !now.has(diffId)),
  };
}

function pullOf(layers: readonly ComparedLayer[]): Pull {
  const stored = layers.map(({ blob, size }) => ({ size: blob?.size ?? size }));
  return {
    layers: layers.length,
    compressedLayers: layers.filter(({ blob, diffId }) => blob && blob.digest !== diffId).length,
    size: totalSize(stored),
  };
}

function fileChanges(from: BaseRoot, to: BaseRoot): FileChanges {
  const old = new Map(from.entries().map((entry) => [entry.path, entry]));
  const added: string[] = [];
  const changed: FileChange[] = [];
  for (const entry of to.entries()) {
    const path = `/${entry.path}`;
    const other = old.get(entry.path);
    old.delete(entry.path);
    if (other === undefined) added.push(path);
    else if (!isAlike(other, entry)) {
      changed.push({ path, from: factsOf(other), to: factsOf(entry) });
    }
  }
  const removed = Array.from(old.keys(), (path) => `/${path}`);
  changed.sort((a, b) => a.path < b.path ? -1 : 1);
  return { added: added.sort(), removed: removed.sort(), changed };
}

function isAlike(a: ListedEntry, b: ListedEntry): boolean {
  return a.type === b.type && a.uid === b.uid && a.gid === b.gid && a.size === b.size &&
    a.target === b.target &&
    // The modes of symlinks mean nothing, and differ between programs that write tar archives.
    (a.type === "symlink" || a.mode === b.mode);
}

function factsOf({ path: _, ...facts }: ListedEntry): FileFacts {
  return facts;
}
