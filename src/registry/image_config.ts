/**
 * What an image in a registry says of itself.
 * @module
 */

import type { ConfigDocument } from "../base/documents.ts";
import type { Platform } from "../base/stored_image.ts";
import type { RegistryClient } from "./client.ts";
import type { RegistryReference } from "./reference.ts";
import { resolveImage } from "./resolve.ts";

/**
 * The config of an image. Of an index, it is that of the image for a platform. Layers are left alone.
 *
 * @throws {ImageError} if there is none, or the registry sends something else.
 */
export async function imageConfig(
  reference: RegistryReference,
  platform: Platform,
  client: RegistryClient,
): Promise<ConfigDocument> {
  let manifest = new Uint8Array(0);
  let config = new Uint8Array(0);
  await resolveImage(reference, platform, {
    async manifest(image) {
      const digest = image.split("@")[1];
      ({ bytes: manifest } = await client.getManifest(digest ?? reference.tag ?? "latest"));
      return manifest;
    },
    // It is asked for when the manifest was found to be one.
    async config() {
      const { config: { digest, size } } = JSON.parse(new TextDecoder().decode(manifest));
      config = await new Response(client.getBlob(digest, size)).bytes();
      return config;
    },
  });
  return JSON.parse(new TextDecoder().decode(config));
}
