/**
 * Listing the layers of images, with progress on a terminal.
 * @module
 */

import { LayerLister } from "../base/layer_lister.ts";
import type { LayerListing } from "../base/layer_listing.ts";
import type { StoredImage } from "../base/stored_image.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";

/** Lists the layers of images, one image after another; listings are kept from run to run. */
export function layerLister(): (image: StoredImage) => Promise<readonly LayerListing[]> {
  const lister = new LayerLister(trustedCacheDirectory("layers"));
  return async ({ layers }) => {
    // What takes no time needs no lines that stay.
    const progress = new Progress(stderrOutput, {
      quiet: !stderrOutput.isTerminal,
      colour: !Deno.noColor,
    });
    progress.start(layers.map(({ location }) => ({ label: location, paths: 0 })));
    try {
      return await lister.list(layers, (index) => progress.layer(index));
    } finally {
      progress.finish();
    }
  };
}
