/**
 * What the update from an earlier version to a plan moves.
 * @module
 */

import { sha256Bytes } from "../store/nix_hash.ts";
import type { StorePath } from "../store/store_path.ts";
import type { EarlierLayer, EarlierPlan } from "./earlier_plan.ts";
import { packageName } from "./store_path_changes.ts";

/** A layer that is planned: one of a base image has a diff_id, others have store paths. */
export interface UpdatedLayer extends EarlierLayer {
  /** In bytes. */
  readonly size: number;
}

/**
 * What an update does with a layer: nothing; or the layer has a path, or another version of one,
 * that was in a layer which is gone; or it has nothing of the earlier version's.
 */
export type LayerChange = "kept" | "changed" | "added";

/** What an update moves: sizes in bytes, of NARs for store paths, without the top layer. */
export interface PlanUpdate {
  /** What to call the earlier version. */
  readonly from: string;
  /** Of each layer, lowest first. */
  readonly changes: readonly LayerChange[];
  /** How many layers of store paths the earlier version had that are gone. */
  readonly removed: number;
  /** What a registry gets, and everyone who pulls: the layers that are not kept. */
  readonly repull: number;
  /** What an overlay store loads again: all layers from the first one that differs. */
  readonly chain: number;
  /** Of the paths that the earlier version has not: no plan can do with less. */
  readonly least: number;
  /** Of all layers. */
  readonly total: number;
}

/**
 * Compares the layers of a plan, lowest first, with those of an earlier version. Layers are the same
 * if they have the same paths in the same order, and the same hashes where these are known.
 *
 * @param sizeOf a store path of the plan, in bytes
 */
export function planUpdate(
  layers: readonly UpdatedLayer[],
  earlier: EarlierPlan,
  sizeOf: (path: StorePath) => number,
): PlanUpdate {
  const isHeld = among(earlier.layers);
  const stays = among(layers);
  const gone = earlier.layers.filter((layer) => layer.paths.length > 0 && !stays(layer));
  const packages = new Set(gone.flatMap(({ paths }) => paths.map(packageName)));
  const changes = layers.map((layer): LayerChange => {
    if (isHeld(layer)) return "kept";
    return layer.paths.some((path) => packages.has(packageName(path))) ? "changed" : "added";
  });
  const first = layers.findIndex((layer, index) => {
    const below = earlier.layers[index];
    return below === undefined || !isSame(layer, below);
  });
  const known = new Set(earlier.layers.flatMap(({ paths }) => paths));
  const moved = layers.filter((_, index) => changes[index] !== "kept");
  const least = moved.map(({ paths, size }) =>
    paths.length === 0 ? size : sum(paths.filter((path) => !known.has(path)).map(sizeOf))
  );
  const sizes = (some: readonly UpdatedLayer[]) => sum(some.map(({ size }) => size));
  return {
    from: earlier.name,
    changes,
    removed: gone.length,
    repull: sizes(moved),
    chain: first === -1 ? 0 : sizes(layers.slice(first)),
    least: sum(least),
    total: sizes(layers),
  };
}

/** Tells whether one of `layers` is the same as another layer. */
function among(layers: readonly EarlierLayer[]): (layer: EarlierLayer) => boolean {
  const byPaths = Map.groupBy(layers, ({ paths }) => paths.join(" "));
  const diffIds = new Set(layers.map(({ diffId }) => diffId));
  return (layer) =>
    layer.diffId !== undefined && diffIds.has(layer.diffId) ||
    (byPaths.get(layer.paths.join(" "))?.some((other) => isSame(layer, other)) ?? false);
}

function isSame(a: EarlierLayer, b: EarlierLayer): boolean {
  if (a.diffId !== undefined && b.diffId !== undefined) return a.diffId === b.diffId;
  if (a.paths.length === 0 || a.paths.join(" ") !== b.paths.join(" ")) return false;
  const { narHashes } = b;
  if (a.narHashes === undefined || narHashes === undefined) return true;
  return a.narHashes.every((hash, index) => isSameHash(hash, narHashes[index] ?? ""));
}

/** Nix's programs write hashes in several ways. */
function isSameHash(a: string, b: string): boolean {
  return a === b || sha256Bytes(a)?.join() === (sha256Bytes(b)?.join() ?? "");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
