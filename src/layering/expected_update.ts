/**
 * What a plan costs those who pull each update.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { PreviousLayer } from "./layer_plan.ts";
import { addEvents } from "./event_weights.ts";
import { type UpdateModel, updateModel } from "./update_model.ts";

/** The mean over all updates that are to be expected. Sizes are those of NARs, in bytes. */
export interface ExpectedUpdate {
  /** Of the layers that change: what a registry's client pulls. */
  readonly repull: number;
  /** Of all layers from the lowest that changes: what an overlay store unpacks again. */
  readonly chain: number;
  /** Of the paths that change: no plan re-pulls less. */
  readonly least: number;
  /** Of each layer, lowest first. */
  readonly layers: readonly ExpectedLayerUpdate[];
}

/** How often a layer changes. */
export interface ExpectedLayerUpdate {
  readonly size: number;
  /** The share of updates that change the layer, from 0 to 1. */
  readonly share: number;
}

/**
 * Predicts what updates of a closure cost, in any plan for it.
 *
 * @param layers lowest first; together they hold each path of the closure once
 * @param history closures of earlier versions, oldest first
 */
export function expectedUpdate(
  closure: Closure,
  layers: readonly PreviousLayer[],
  history: readonly Closure[] = [],
): ExpectedUpdate {
  return expectedOf(updateModel(closure, history), layers);
}

/** As {@linkcode expectedUpdate}, of a model that is there. */
export function expectedOf(
  { nodes, changedBy, weights }: UpdateModel,
  layers: readonly PreviousLayer[],
): ExpectedUpdate {
  const indices = new Map(nodes.map(({ path }, index) => [path, index]));
  const total = Math.max(weights.total, 1);
  const below = weights.none();
  let repull = 0;
  let chain = 0;
  const shares = layers.map(({ paths }) => {
    const changes = weights.none();
    let size = 0;
    for (const path of paths) {
      const index = indices.get(path)!;
      addEvents(changes, changedBy[index]!);
      size += nodes[index]!.narSize;
    }
    addEvents(below, changes);
    const share = weights.of(changes) / total;
    repull += size * share;
    chain += size * weights.of(below) / total;
    return { size, share };
  });
  const least = nodes.reduce(
    (sum, { narSize }, index) => sum + narSize * weights.of(changedBy[index]!) / total,
    0,
  );
  return { repull, chain, least, layers: shares };
}
