/**
 * Layering by size alone, as apko does it with packages of Alpine Linux.
 * @module
 */

import { closureGraph } from "../../src/layering/closure_graph.ts";
import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import type { Closure } from "../../src/store/closure.ts";

/** The largest paths have layers of their own, and all others the last one. */
export function largestFirstLayers(closure: Closure, limit: number): PreviousLayer[] {
  const nodes = closureGraph(closure);
  const sorted = nodes.toSorted((a, b) => b.narSize - a.narSize);
  const alone = sorted.slice(0, nodes.length > limit ? limit - 1 : limit);
  const layers = alone.map(({ path }) => ({ paths: [path] }));
  const rest = new Set(nodes).difference(new Set(alone));
  return rest.size === 0 ? layers : [...layers, { paths: [...rest].map(({ path }) => path) }];
}
