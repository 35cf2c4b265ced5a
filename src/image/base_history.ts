/**
 * The history of an image that is made on another one.
 * @module
 */

import type { JsonObject } from "../spec/image_spec.ts";

/** What is known of a base image's history. */
export interface BaseHistory {
  /** What the image says itself. */
  readonly history: readonly JsonObject[];
  /** How many layers it has. */
  readonly layerCount: number;
  /** When the image says that it was made (RFC 3339), for layers of which it says nothing; "" if not. */
  readonly created: string;
  /** What to call it, such as `alpine:3.19`. */
  readonly name: string;
}

/**
 * The history of the result: that of the base as it is, then `own`. A history has an entry for each
 * layer, and others marked as `empty_layer` (OCI image spec, config, `history`); programs that list
 * layers count on it. One that does not fit the layers, as that of images whose makers wrote none,
 * is replaced by an entry for each layer.
 *
 * @param own an entry for each layer that is put on the base
 */
export function historyOnBase(base: BaseHistory, own: readonly JsonObject[]): JsonObject[] {
  const { history, layerCount, created, name } = base;
  const described = history.filter(({ empty_layer }) => empty_layer !== true).length;
  if (described === layerCount) return [...history, ...own];
  const plain = Array.from({ length: layerCount }, (_, index) => ({
    ...created === "" ? {} : { created },
    comment: `layer ${index + 1} of ${layerCount} of ${name}`,
  }));
  return [...plain, ...own];
}
