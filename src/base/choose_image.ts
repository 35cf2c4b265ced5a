/**
 * One image among several.
 * @module
 */

import { ImageError } from "../errors.ts";
import { shortened } from "../visible.ts";
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
export function chooseImage(opened: OpenedImages, choice: ImageChoice): StoredImage {
  const { name, tag, preferred } = choice;
  const named = chosenImages(opened, choice);
  const first = named[0];
  if (named.length === 1 && first) return first;
  const preferring = (image: StoredImage) => preferred ? isFor(image, preferred) : true;
  // As engines do where no tag is given.
  const latest = (image: StoredImage) => name && !tag ? isNamed(image, name, "latest") : true;
  const narrowed = [
    named.filter(preferring),
    named.filter(latest),
    named.filter(preferring).filter(latest),
  ].find(({ length }) => length === 1);
  if (narrowed?.[0]) return narrowed[0];
  const wanted = wantedText(choice);
  const which = wanted === "" ? "" : ` with ${wanted}`;
  throw new ImageError(
    `${opened.path} has ${named.length} images${which}; say which by name, tag or platform:\n` +
      listing(named),
  );
}

/**
 * All images that may be meant.
 *
 * @throws {ImageError} if there is none; it lists what there is.
 */
export function chosenImages(
  { path, images }: OpenedImages,
  choice: ImageChoice,
): [StoredImage, ...StoredImage[]] {
  const { name, tag, platform, configDigest } = choice;
  const [first, ...others] = images.filter((image) =>
    isNamed(image, name, tag) && (!platform || isFor(image, platform)) &&
    (!configDigest || image.configDigest === configDigest)
  );
  if (first !== undefined) return [first, ...others];
  const wanted = wantedText(choice);
  throw new ImageError(`${path} has no image with ${wanted}. There is:\n${listing(images)}`);
}

function wantedText({ name, tag, platform, configDigest }: ImageChoice): string {
  return [
    ...name ? [`the name ${name}`] : [],
    ...tag ? [`the tag ${tag}`] : [],
    ...platform ? [`the platform ${platformText(platform)}`] : [],
    ...configDigest ? [`the ID ${configDigest}`] : [],
  ].join(" and ");
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

function isFor(image: StoredImage, platform: Platform): boolean {
  return image.os === platform.os && image.architecture === platform.architecture &&
    (platform.variant === null || variantOf(image) === platform.variant);
}

/** The variants that images leave out, as containerd has it. */
function variantOf({ architecture, variant }: Platform): string | null {
  return variant ?? (architecture === "arm64" ? "v8" : architecture === "arm" ? "v7" : null);
}

/** `OS/ARCHITECTURE[/VARIANT]`. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...variant === null ? [] : [variant]].join("/");
}

const MOST_LISTED = 20;
const MOST_NAMES = 5;
const MAX_NAME = 150;

function listing(images: readonly StoredImage[]): string {
  if (images.length === 0) return "  nothing";
  const lines = images.slice(0, MOST_LISTED).map((image) => {
    const { names } = image;
    const shown = names.slice(0, MOST_NAMES).map((name) => shortened(name, MAX_NAME));
    const more = names.length > MOST_NAMES ? [`and ${names.length - MOST_NAMES} more`] : [];
    return [
      `  ${[...shown, ...more].join(", ") || "(without a name)"}`,
      shortened(platformText(image), MAX_NAME),
      image.configDigest,
    ].join("  ");
  });
  const more = images.length - MOST_LISTED;
  return [...lines, ...more > 0 ? [`  and ${more} more`] : []].join("\n");
}
