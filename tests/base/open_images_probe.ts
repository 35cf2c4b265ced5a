/**
 * Opens images and reads all of their layers, as a program of its own, under the permissions that
 * nix-image has. Writes a line of JSON for each path: the error that ended it, or null.
 */

import { openImages } from "../../src/base/open_images.ts";
import { chooseImage } from "../../src/base/choose_image.ts";
import { ImageError } from "../../src/errors.ts";
import { StreamBytes } from "../../src/tar/byte_source.ts";
import { readTar } from "../../src/tar/read.ts";

for (const path of Deno.args) {
  const start = performance.now();
  const error = await read(path);
  const polluted = Reflect.has({}, "polluted");
  console.log(JSON.stringify({ error, polluted, milliseconds: performance.now() - start }));
}

async function read(path: string): Promise<string | null> {
  try {
    await using opened = await openImages(path);
    for (const image of opened.images) {
      const read = new Set<string>();
      for (const [index, layer] of image.layers.entries()) {
        // Those of one place are the same.
        if (read.has(layer.location)) continue;
        read.add(layer.location);
        const bytes = new StreamBytes(layer.open());
        for await (const _member of readTar(bytes, `layer ${index + 1}`));
        // To the end, which readTar does not look at.
        await bytes.skip(Infinity);
      }
    }
    if (opened.images.length === 1) chooseImage(opened, {});
    return null;
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    return `DEFECT: ${error instanceof Error ? error.stack : error}`;
  }
}
