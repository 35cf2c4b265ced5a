/**
 * The listings of images' layers.
 * @module
 */

import type { LayerListing } from "./layer_listing.ts";
import { layerListing } from "./listing_cache.ts";
import type { StoredLayer } from "./stored_image.ts";

/** Lists each layer once, however many images have it. */
export class LayerLister {
  readonly #directory: string | undefined;
  readonly #known = new Map<string, LayerListing>();

  /** @param directory where listings are kept from run to run; undefined: nowhere */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  /**
   * The listings of an image's layers.
   *
   * @param onLayer told the index of each layer before it is listed
   * @throws {ImageError} if one is damaged.
   */
  async list(
    layers: readonly StoredLayer[],
    onLayer: (index: number) => void = () => {},
  ): Promise<readonly LayerListing[]> {
    const listings: LayerListing[] = [];
    for (const [index, layer] of layers.entries()) {
      onLayer(index);
      const listing = this.#known.get(layer.diffId) ?? await layerListing(layer, this.#directory);
      this.#known.set(layer.diffId, listing);
      listings.push(listing);
    }
    return listings;
  }
}
