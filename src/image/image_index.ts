/**
 * One image for several platforms (OCI image spec, image index).
 * @module
 */

import { ImageError } from "../errors.ts";
import { shortened } from "../visible.ts";
import { compareCodePoints } from "../tar/name.ts";
import type { Image } from "./image.ts";
import { comparePlatforms, isSamePlatform, platformJson, platformName } from "./image_platform.ts";
import { formatJson, type OrderedJson } from "./json.ts";
import { MEDIA_TYPE } from "./media_types.ts";
import { type Descriptor, descriptorJson } from "./oci_documents.ts";

/** An image that is to be in an index. */
export interface IndexMember {
  /** The image. */
  readonly image: Image;
  /** The spec, archive or layout that it comes from, for errors. */
  readonly source: string;
}

/** Images, one for each platform, in their order. */
export interface ImageIndex {
  /** No two for the same platform: see {@linkcode imagesByPlatform}. */
  readonly images: readonly Image[];
  /** What the index says of itself (OCI image spec, annotations). */
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The images of `members` by platform, so that the index does not depend on their order.
 *
 * @throws {ImageError} if two are for the same one; it names where they come from.
 */
export function imagesByPlatform(members: readonly IndexMember[]): Image[] {
  const platformOf = ({ image }: IndexMember) => image.platform ?? image;
  for (const [index, member] of members.entries()) {
    const same = members.slice(0, index).find((other) =>
      isSamePlatform(platformOf(other), platformOf(member))
    );
    if (same === undefined) continue;
    const lines = [same, member].map((one) =>
      `  ${shortened(platformName(platformOf(one)), 100)}  ${one.source}`
    );
    throw new ImageError(
      ["An index has one image for each platform, and two are for the same one:", ...lines]
        .join("\n"),
    );
  }
  return members.toSorted((a, b) => comparePlatforms(platformOf(a), platformOf(b)))
    .map(({ image }) => image);
}

/** An image whose manifest has been written. */
export interface ListedImage {
  readonly image: Image;
  readonly manifest: Descriptor;
}

/** The JSON of an index, its images in the order that they have. */
export function imageIndexJson(
  listed: readonly ListedImage[],
  annotations: Readonly<Record<string, string>>,
): string {
  const sorted = Object.entries(annotations).sort(([a], [b]) => compareCodePoints(a, b));
  return formatJson(
    new Map<string, OrderedJson>([
      ["schemaVersion", 2],
      ["mediaType", MEDIA_TYPE.index],
      [
        "manifests",
        listed.map(({ image, manifest }) =>
          descriptorJson(manifest, { platform: platformJson(image.platform ?? image) })
        ),
      ],
      ...sorted.length === 0 ? [] : [["annotations", new Map(sorted)] as const],
    ]),
  );
}
