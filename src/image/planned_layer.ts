/**
 * A layer that was decided on, with what the closure says of its paths.
 * @module
 */

import type { LayerPlan } from "../layering/layer_plan.ts";
import type { Closure } from "../store/closure.ts";
import type { PlannedLayer } from "./image_plan.ts";

/** The layer with its size and, if all are known, the hashes of its paths. */
export function plannedLayer(layer: LayerPlan, closure: Closure): PlannedLayer {
  const infos = layer.paths.map((path) => closure.get(path)!);
  const narHashes = infos.flatMap(({ narHash }) => narHash ?? []);
  return {
    ...layer,
    size: infos.reduce((sum, { narSize }) => sum + narSize, 0),
    ...narHashes.length === infos.length ? { narHashes } : {},
  };
}
