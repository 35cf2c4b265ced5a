/**
 * Decides which store paths share a layer.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { autoLayers } from "./auto.ts";
import type { LayerPlan, PreviousLayer } from "./layer_plan.ts";
import { popularityLayers } from "./popularity.ts";
import type { LayeringStrategy } from "./strategies.ts";
import type { LayerTarget } from "./targets.ts";
import { updatesLayers } from "./updates.ts";

/** How to group store paths. */
export interface LayeringOptions {
  /** What decides. */
  readonly strategy: LayeringStrategy;
  /** The number of layers there is room for beside the base's and the top one, at least 1. */
  readonly limit: number;
  /** The layers of an earlier version, lowest first: what they hold together stays together. */
  readonly previous?: readonly PreviousLayer[];
  /** Closures of earlier versions, oldest first: what changed in them is likely to change. */
  readonly history?: readonly Closure[];
  /** Where the image goes, which says what updates cost ({@linkcode TARGETS}). Default: anywhere. */
  readonly target?: LayerTarget;
}

/**
 * Groups the paths of a closure into at most `limit` layers, lowest first. Each path is in exactly
 * one. The result depends on the arguments' contents alone, not on the order in which a closure is given.
 *
 * @throws {RangeError} if `limit` is not a whole number of at least 1.
 */
export function planLayers(closure: Closure, options: LayeringOptions): LayerPlan[] {
  const { strategy, limit } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new RangeError(`Cannot plan layers as limit must be at least 1: it is ${limit}`);
  }
  return STRATEGIES[strategy](closure, limit, options);
}

type Strategy = (closure: Closure, limit: number, options: LayeringOptions) => LayerPlan[];

const STRATEGIES: Record<LayeringStrategy, Strategy> = {
  updates: updatesLayers,
  auto: autoLayers,
  popularity: popularityLayers,
};
