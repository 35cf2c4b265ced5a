/**
 * Layers as a pipeline makes them: nixpkgs' `layeringPipeline`.
 * @module
 */

import type { Closure } from "../../store/closure.ts";
import type { LayerPlan } from "../layer_plan.ts";
import { wholeGraph } from "./graph.ts";
import { graphsIn, runSteps } from "./run.ts";
import type { Step } from "./step.ts";

/**
 * Groups the paths of a closure as the steps say, lowest layer first, paths in a layer by size.
 * Paths that a step removes are in no layer.
 *
 * @throws {UsageError} if a step can not work on what the ones before it make.
 */
export function pipelineLayers(closure: Closure, steps: readonly Step[]): LayerPlan[] {
  const made = runSteps(steps, { kind: "graph", graph: wholeGraph(closure) });
  return graphsIn(made)
    .filter(({ nodes }) => nodes.length > 0)
    .map(({ nodes, history }) => ({
      paths: nodes.map(({ path }) => path),
      reason: history.length > 0 ? history.join(", ") : "all paths, as no step divides them",
    }));
}
