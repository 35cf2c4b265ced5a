/**
 * One image among several.
 * @module
 */

import { ImageError } from "../errors.ts";
import { familiar, type ImageName, parseImageName } from "./image_names.ts";
import type { OpenedImages, Platform, StoredImage } from "./stored_image.ts";

/** Which image is meant. What is null or missing says nothing. */
export interface ImageChoice {
  /** The repository name. */
  readonly name?: string | null;
  /** The tag. */
  readonly tag?: string | null;
  /** What the image is for; a variant of null stands for any. */
  readonly platform?: Platform | null;
  /** The digest of its config. */
  readonly configDigest?: string;
  /** Decides among images for several platforms that have the same name. */
  readonly preferred?: Platform;
}

/**
 * The image that is meant: the only one left.
 *
 * @throws {ImageError} if there is none, or more than one; it lists what there is.
 */
export function chooseImage({ path, images }: OpenedImages, choice: ImageChoice): StoredImage {
  const { name, tag, platform, configDigest, preferred } = choice;
  const named = images.filter((image) =>
    isNamed(image, name, tag) && (!platform || isFor(image, platform)) &&
    (!configDigest || image.configDigest === configDigest)
  );
  const first = named[0];
  if (named.length === 1 && first) return first;
  const wanted = [
    ...name ? [`the name ${name}`] : [],
    ...tag ? [`the tag ${tag}`] : [],
    ...platform ? [`the platform ${platformText(platform)}`] : [],
    ...configDigest ? [`the ID ${configDigest}`] : [],
  ].join(" and ");
  if (first === undefined) {
    throw new ImageError(`${path} has no image with ${wanted}. There is:\n${listing(images)}`);
  }
  const narrowed = [
    ...preferred ? [named.filter((image) => isFor(image, preferred))] : [],
    // As engines do where no tag is given.
    ...name && !tag ? [named.filter((image) => isNamed(image, name, "latest"))] : [],
  ].find(({ length }) => length === 1);
  if (narrowed?.[0]) return narrowed[0];
  const which = wanted === "" ? "" : ` with ${wanted}`;
  throw new ImageError(
    `${path} has ${named.length} images${which}; say which by name, tag or platform:\n` +
      listing(named),
  );
}

function isNamed(
  { names }: StoredImage,
  name: string | null | undefined,
  tag: string | null | undefined,
): boolean {
  if (!name && !tag) return true;
  const fits = (own: ImageName) =>
    (!name || own.repository === familiar(name)) && (!tag || own.tag === tag);
  return names.map(parseImageName).some(fits);
}

function isFor({ os, architecture, variant }: StoredImage, platform: Platform): boolean {
  return os === platform.os && architecture === platform.architecture &&
    (platform.variant === null || variant === platform.variant);
}

/** `OS/ARCHITECTURE[/VARIANT]`. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...variant === null ? [] : [variant]].join("/");
}

const MOST_LISTED = 20;

function listing(images: readonly StoredImage[]): string {
  if (images.length === 0) return "  nothing";
  const lines = images.slice(0, MOST_LISTED).map((image) => {
    const names = image.names.length === 0 ? "(without a name)" : image.names.join(", ");
    return `  ${names}  ${platformText(image)}  ${image.configDigest}`;
  });
  const more = images.length - MOST_LISTED;
  return [...lines, ...more > 0 ? [`  and ${more} more`] : []].join("\n");
}
