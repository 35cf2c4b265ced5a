/**
 * What an update of an image moves.
 * @module
 */

import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import type { Closure } from "../../src/store/closure.ts";

/** A version of an image: its closure, and the layers that hold it, lowest first. */
export interface PlannedVersion {
  readonly closure: Closure;
  readonly layers: readonly PreviousLayer[];
}

/** What somebody who has the version before has to get; all in bytes. */
export interface UpdateCost {
  /** Layers that no layer before is equal to: what is pulled from a registry. */
  readonly pulled: number;
  /** Store paths that are new: what is pulled if each path has a layer. No plan pulls less. */
  readonly least: number;
  /** All from the first layer that is another: what an overlay store makes anew. */
  readonly chain: number;
}

/** What an update from one version to another moves. A layer is its paths in their order. */
export function updateCost(before: PlannedVersion, after: PlannedVersion): UpdateCost {
  const key = ({ paths }: PreviousLayer) => paths.join();
  const size = ({ paths }: PreviousLayer) =>
    paths.reduce((sum, path) => sum + after.closure.get(path)!.narSize, 0);
  const keysBefore = before.layers.map(key);
  const known = new Set(keysBefore);
  let pulled = 0, chain = 0, same = true;
  after.layers.forEach((layer, index) => {
    if (!known.has(key(layer))) pulled += size(layer);
    same &&= key(layer) === keysBefore[index];
    if (!same) chain += size(layer);
  });
  let least = 0;
  for (const [path, { narSize }] of after.closure) if (!before.closure.has(path)) least += narSize;
  return { pulled, least, chain };
}

/** Bytes of a closure. */
export function closureSize(closure: Closure): number {
  let size = 0;
  for (const { narSize } of closure.values()) size += narSize;
  return size;
}

/**
 * Fails unless each path of the closure is in one layer, and there are at most `limit`.
 *
 * @throws {Error} otherwise
 */
export function checkPlan({ closure, layers }: PlannedVersion, limit: number): void {
  const paths = layers.flatMap(({ paths }) => paths);
  if (layers.length > limit) throw new Error(`${layers.length} layers, where ${limit} are allowed`);
  if (paths.length !== closure.size || new Set(paths).size !== closure.size) {
    throw new Error(`${closure.size} paths in the closure, ${paths.length} in layers`);
  }
  const strange = paths.find((path) => !closure.has(path));
  if (strange !== undefined) throw new Error(`Not in the closure: ${strange}`);
}
