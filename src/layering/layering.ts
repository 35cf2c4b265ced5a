/**
 * Decides which store paths share a layer.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { autoLayers } from "./auto.ts";
import type { LayerPlan } from "./layer_plan.ts";
import { popularityLayers } from "./popularity.ts";
import type { LayeringStrategy } from "./strategies.ts";

/** How to group store paths. */
export interface LayeringOptions {
  /** What decides. */
  readonly strategy: LayeringStrategy;
  /** The number of layers there is room for beside the base's and the top one, at least 1. */
  readonly limit: number;
}

/**
 * Groups the paths of a closure into at most `limit` layers, lowest first. Each path is in exactly
 * one. The result depends on the closure alone, not on the order in which it is given.
 *
 * @throws {RangeError} if `limit` is not a whole number of at least 1.
 */
export function planLayers(closure: Closure, { strategy, limit }: LayeringOptions): LayerPlan[] {
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new RangeError(`Cannot plan layers as limit must be at least 1: it is ${limit}`);
  }
  return STRATEGIES[strategy](closure, limit);
}

const STRATEGIES: Record<LayeringStrategy, (closure: Closure, limit: number) => LayerPlan[]> = {
  auto: autoLayers,
  popularity: popularityLayers,
};
