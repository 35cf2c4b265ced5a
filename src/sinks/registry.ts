/**
 * An image to a registry: what it has is not read, the rest is streamed, the manifest goes last.
 * @module
 */

import { type Image, sha256Of } from "../image/image.ts";
import { type ImageIndex, imageIndexJson, type ListedImage } from "../image/image_index.ts";
import { platformName } from "../image/image_platform.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { WrittenImage } from "./image_documents.ts";
import { type PushedBlobs, RegistryPush, type SharingPushOptions } from "./registry_push.ts";

/** An image that the registry has now. */
export interface PushedImage extends PushedBlobs, WrittenImage {
  /** Of the manifest. */
  readonly mediaType: string;
}

/** An index that the registry has now, and all its images. */
export interface PushedIndex extends PushedBlobs {
  /** Of the index: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Its images, in their order. */
  readonly images: readonly WrittenImage[];
}

/**
 * Sends an image to a repository.
 *
 * @param reference a tag, or undefined: then its digest alone names it
 * @throws {ImageError} if a layer can not be read, or the registry does not take it.
 */
export async function pushImage(
  image: Image,
  client: RegistryClient,
  reference: string | undefined,
  options: SharingPushOptions = {},
): Promise<PushedImage> {
  using push = new RegistryPush(client, options);
  const { config, manifest } = await push.image(image, reference);
  return {
    configDigest: config.digest,
    manifestDigest: manifest.digest,
    mediaType: manifest.mediaType,
    ...push.result,
  };
}

/**
 * Sends images to a repository, each by its digest, and last an index of them.
 *
 * @param tag of the index
 * @throws {ImageError} if a layer can not be read, or the registry does not take it.
 */
export async function pushIndex(
  { images, annotations }: ImageIndex,
  client: RegistryClient,
  tag: string | undefined,
  options: SharingPushOptions = {},
): Promise<PushedIndex> {
  using push = new RegistryPush(client, options);
  const listed: ListedImage[] = [], pushed: WrittenImage[] = [];
  let first = 0;
  for (const image of images) {
    const { config, manifest } = await push.image(image, undefined, {
      first,
      name: `${platformName(image.platform ?? image)}: `,
    });
    const { mediaType, digest, bytes } = manifest;
    listed.push({ image, manifest: { mediaType, digest, size: bytes.length } });
    pushed.push({ configDigest: config.digest, manifestDigest: digest });
    first += image.layers.length;
  }
  const bytes = new TextEncoder().encode(imageIndexJson(listed, annotations));
  const index = { mediaType: MEDIA_TYPE.index, digest: sha256Of(bytes), bytes };
  await push.manifest(tag, index);
  return { digest: index.digest, images: pushed, ...push.result };
}
