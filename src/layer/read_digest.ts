/**
 * The digest and the size of a layer, from all of its bytes.
 * @module
 */

import { createHash } from "node:crypto";
import type { LayerDigest } from "./digest_cache.ts";
import { type Layer, readLayerAhead } from "./layer.ts";

/**
 * Reads a layer for its digest, ahead of what it is read for.
 *
 * @throws {ImageError} if it can not be read.
 */
export async function readDigest(layer: Pick<Layer, "open" | "openAhead">): Promise<LayerDigest> {
  const hash = createHash("sha256");
  let size = 0;
  await readLayerAhead(layer, (chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  return { digest: `sha256:${hash.digest("hex")}`, size };
}
