/**
 * The image that another one is made on.
 * @module
 */

import type { BaseImageSource } from "../spec/image_spec.ts";
import { chooseImage } from "./choose_image.ts";
import type { LayerListing } from "./layer_listing.ts";
import { LayerLister } from "./layer_lister.ts";
import { openImages } from "./open_images.ts";
import type { OpenedImages, Platform, StoredImage } from "./stored_image.ts";

/** A base image that is open: its layers can be read until it is disposed of. */
export interface BaseImage extends AsyncDisposable {
  /** Where it is on this host. */
  readonly path: string;
  /** Its path in the store, if it is there. */
  readonly storePath?: string | undefined;
  /** The image. */
  readonly image: StoredImage;
  /**
   * Lists its layers, lowest first: a pass over those that were not listed before.
   *
   * @throws {ImageError} if one is damaged.
   */
  listings(): Promise<readonly LayerListing[]>;
}

/** What opening a base image needs besides the source. */
export interface BaseImageOptions {
  /** The directory that holds `nix/store`: "" (the default) for the host's own. */
  readonly storeRoot?: string;
  /** Where the source is on this host, if it is not under `storeRoot`. */
  readonly place?: string | undefined;
  /** What the new image is for: decides where there are images for several platforms. */
  readonly platform: Platform;
  /** A directory for listings of layers, kept from run to run. Default: they are not kept. */
  readonly listingCache?: string | undefined;
  /** Told when a layer in a layout's directory can not be read, or is damaged. */
  readonly onDamage?: (() => void) | undefined;
}

/**
 * Opens the base image of a spec.
 *
 * @throws {ImageError} if it can not be read, or the source says not well enough which one it is.
 */
export async function openBaseImage(
  source: BaseImageSource,
  { storeRoot = "", place, platform, ...options }: BaseImageOptions,
): Promise<BaseImage> {
  const path = place ?? (source.inStore ? storeRoot + source.path : source.path);
  const image = await opened(path, options, (images) =>
    chooseImage(images, {
      name: source.name,
      tag: source.tag,
      platform: source.platform === null ? null : parsePlatform(source.platform),
      preferred: platform,
    }));
  return source.inStore ? { ...image, storePath: source.path } : image;
}

/**
 * Opens a base image again, of which the digest is known.
 *
 * @throws {ImageError} if it can not be read, or has become another one.
 */
export async function reopenBaseImage(path: string, configDigest: string): Promise<BaseImage> {
  return await opened(path, {}, (images) => chooseImage(images, { configDigest }));
}

async function opened(
  path: string,
  { listingCache, onDamage }: Pick<BaseImageOptions, "listingCache" | "onDamage">,
  choose: (images: OpenedImages) => StoredImage,
): Promise<BaseImage> {
  const images = await openImages(path, { onDamage });
  try {
    const image = choose(images);
    const lister = new LayerLister(listingCache);
    return {
      path,
      image,
      listings: () => lister.list(image.layers),
      [Symbol.asyncDispose]: () => images[Symbol.asyncDispose](),
    };
  } catch (error) {
    await images[Symbol.asyncDispose]();
    throw error;
  }
}

/** Takes `OS/ARCHITECTURE[/VARIANT]` apart. */
export function parsePlatform(text: string): Platform {
  const [os = "", architecture = "", variant = null] = text.split("/");
  return { os, architecture, variant };
}
