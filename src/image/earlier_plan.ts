/**
 * The layers of an earlier version: out of what `plan --json` printed, or out of an image, which
 * carries its plan in its history.
 * @module
 */

import { isStorePath, namePart, type StorePath } from "../store/store_path.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import type { PreviousLayer } from "../layering/layer_plan.ts";
import { historyOfLayers } from "./description.ts";

/** What is known of a layer of an earlier version. */
export interface EarlierLayer extends PreviousLayer {
  /** The store paths that it has to itself; none in a base image's layer, or in a top layer. */
  readonly paths: readonly StorePath[];
  /** The hashes of its paths' NARs, in their order. */
  readonly narHashes?: readonly string[];
  /** The digest of its tar. */
  readonly diffId?: string;
}

/** The layers of an earlier version. */
export interface EarlierPlan {
  /** What to call it: where it is. */
  readonly name: string;
  /** Lowest first, those of its base included. */
  readonly layers: readonly EarlierLayer[];
}

/**
 * The layers of an image by what its history says of them: a comment with the store paths, as
 * nixpkgs' streamLayeredImage writes it, too.
 *
 * @param diffIds of its layers, lowest first
 */
export function planInHistory(
  history: readonly JsonObject[],
  diffIds: readonly string[],
): EarlierLayer[] {
  const described = historyOfLayers(history, diffIds.length);
  if (described.length > 0) {
    return described.map(({ comment }, index) => ({
      paths: pathsIn(comment),
      diffId: diffIds[index]!,
    }));
  }
  // Which of the layers they are can not be told, and still their order.
  return history.map(({ comment }) => ({ paths: pathsIn(comment) }))
    .filter(({ paths }) => paths.length > 0);
}

/** A list of strings without escapes, as Python shows it. */
const COMMENT = /^store paths: \[('[^'\\]*'(?:, '[^'\\]*')*)\]$/;

/** nixpkgs' top layer is one of its own. */
const NOT_CONTENTS = "-customisation-layer";

function pathsIn(comment: unknown): StorePath[] {
  const list = typeof comment === "string" ? COMMENT.exec(comment)?.[1] : undefined;
  const texts = list?.slice(1, -1).split("', '") ?? [];
  const paths = texts.filter(isStorePath);
  if (paths.length < texts.length) return [];
  return paths.length === 1 && namePart(paths[0]!).endsWith(NOT_CONTENTS) ? [] : paths;
}

/** The layers of a plan as `plan --json` prints it; undefined if it is something else. */
export function planInJson(json: unknown): EarlierLayer[] | undefined {
  if (!isObject(json) || !Array.isArray(json.layers)) return undefined;
  const base = isObject(json.base) && Array.isArray(json.base.layers) ? json.base.layers : [];
  const layers = [...base.map(baseLayer), ...json.layers.map(plannedLayer)];
  return layers.every((layer) => layer !== undefined) ? layers : undefined;
}

function baseLayer(layer: unknown): EarlierLayer | undefined {
  if (!isObject(layer) || typeof layer.diffId !== "string") return undefined;
  return { paths: [], diffId: layer.diffId };
}

function plannedLayer(layer: unknown): EarlierLayer | undefined {
  if (!isObject(layer) || !areTexts(layer.paths) || !layer.paths.every(isStorePath)) {
    return undefined;
  }
  const { paths, narHashes } = layer;
  const known = areTexts(narHashes) && narHashes.length === paths.length;
  return { paths, ...known ? { narHashes } : {} };
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
