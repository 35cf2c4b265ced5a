/** Images of layers that Python wrote, as they would be read from an archive. */

import type { LayerListing } from "../../src/base/layer_listing.ts";
import { listLayer } from "../../src/base/layer_listing.ts";
import type { StoredImage, StoredLayer } from "../../src/base/stored_image.ts";
import { sha256Of } from "../../src/image/image.ts";
import type { JsonObject } from "../../src/spec/image_spec.ts";
import { layerOf } from "./layers.ts";
import { makeTars, type TarRecipeMember } from "./tars.ts";

/** Layers with these members; `opened` counts how often they were read. */
export async function storedLayers(
  ...members: (readonly TarRecipeMember[])[]
): Promise<(StoredLayer & { readonly opened: { readonly tar: number } })[]> {
  const tars = await makeTars(...members.map((members) => ({ members })));
  return tars.map((tar, index) => {
    const diffId = sha256Of(tar);
    const location = `layer ${index + 1}`;
    return {
      ...layerOf(location, tar),
      identity: diffId.slice(7),
      diffId,
      location,
      name: location,
    };
  });
}

/** An image of layers, listed. */
export async function listedImage(
  layers: readonly StoredLayer[],
  { names = ["app:1"], ...document }: JsonObject & { readonly names?: readonly string[] } = {},
): Promise<{ image: StoredImage; listings: LayerListing[] }> {
  const config = new TextEncoder().encode(JSON.stringify(document));
  const image: StoredImage = {
    names,
    architecture: "arm",
    variant: "v7",
    os: "linux",
    created: "2001-02-03T04:05:06Z",
    config: (document.config ?? {}) as JsonObject,
    history: (document.history ?? []) as JsonObject[],
    layers,
    configDigest: sha256Of(config),
    manifestDigest: undefined,
    original: { config },
  };
  const listings: LayerListing[] = [];
  for (const layer of layers) listings.push(await listLayer(layer));
  return { image, listings };
}

/** The layer as a registry would have it, in so many bytes. */
export function withBlob(layer: StoredLayer, size: number, compressed = true): StoredLayer {
  const digest = compressed ? sha256Of(new TextEncoder().encode(layer.diffId)) : layer.diffId;
  const mediaType = `application/vnd.oci.image.layer.v1.tar${compressed ? "+gzip" : ""}`;
  return { ...layer, blob: { mediaType, digest, size, open: layer.open } };
}
