/**
 * Images to a registry, with a connection of their own.
 * @module
 */

import type { Image } from "../image/image.ts";
import type { ImageIndex } from "../image/image_index.ts";
import { RegistryClient } from "../registry/client.ts";
import { pushReference } from "../registry/reference.ts";
import type { RegistrySettings } from "../registry/transport.ts";
import { type PushedImage, type PushedIndex, pushImage, pushIndex } from "./registry.ts";
import type { PushOptions } from "./registry_push.ts";

/** How images are sent to a registry. */
export interface PushToOptions extends PushOptions, RegistrySettings {}

/**
 * Sends an image to a registry: what that has already is neither read nor sent, and the manifest
 * goes last, so that the tag never stands for half an image.
 *
 * @param destination such as `docker://registry.example:5000/team/app:1.0`; without a host it is
 * Docker Hub, without a tag `latest`
 * @throws {UsageError} if the destination is none.
 * @throws {HttpError} if the registry does not take the image.
 * @throws {ImageError} if a layer can not be read.
 * @throws what a callback throws: it ends the push.
 */
export async function pushImageTo(
  image: Image,
  destination: string,
  options: PushToOptions = {},
): Promise<PushedImage> {
  const { tag, ...place } = pushReference(destination);
  using client = clientFor(place, options);
  return await pushImage(image, client, tag, options);
}

/**
 * Sends images for several platforms to a registry, each by its digest, and last their index, which
 * has the tag; otherwise as {@linkcode pushImageTo}.
 *
 * @throws as that does.
 */
export async function pushIndexTo(
  index: ImageIndex,
  destination: string,
  options: PushToOptions = {},
): Promise<PushedIndex> {
  const { tag, ...place } = pushReference(destination);
  using client = clientFor(place, options);
  return await pushIndex(index, client, tag, options);
}

function clientFor(
  { host, repository }: { readonly host: string; readonly repository: string },
  options: PushToOptions,
): RegistryClient {
  return new RegistryClient(host, repository, { ...options, push: true });
}
