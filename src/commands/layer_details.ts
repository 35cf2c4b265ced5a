/**
 * What became of the layers of an image: as JSON, and as details.
 * @module
 */

import type { WrittenLayer } from "../sinks/layer_blobs.ts";
import { formatBytes } from "../terminal/format.ts";
import type { Report } from "./report.ts";

/** A layer as results have it (docs/output.md). */
export interface LayerResult {
  readonly diffId: string;
  /** Of its tar, in bytes. */
  readonly size: number | null;
  /** What is stored, where that is not the tar itself, or a manifest names it. */
  readonly blob: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  } | null;
}

/** The layer of a layout. */
export function layoutLayer({ diffId, tarSize, descriptor }: WrittenLayer): LayerResult {
  const { mediaType, digest, size } = descriptor;
  return { diffId, size: tarSize ?? null, blob: { mediaType, digest, size } };
}

/** Tells of all layers what they are, and what was done with them. */
export function tellLayers(
  layers: readonly LayerResult[],
  report: Report,
  done: (layer: LayerResult, index: number) => string,
): void {
  if (report.detail === undefined) return;
  for (const [index, layer] of layers.entries()) {
    const { diffId, size, blob } = layer;
    const facts = [
      diffId,
      ...size === null ? [] : [formatBytes(size)],
      ...blob === null ? [] : [`blob ${blob.digest}, ${formatBytes(blob.size)}`],
      done(layer, index),
    ];
    report.detail(`layer ${index + 1}/${layers.length}: ${facts.join(", ")}`);
  }
}
