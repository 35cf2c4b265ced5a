/**
 * The operations that divide a graph into parts by what its paths refer to.
 * @module
 */

import type { StorePath } from "../../store/store_path.ts";
import type { PathNode } from "../closure_graph.ts";
import { type Graph, nodesOf, subgraph, withReachable } from "./graph.ts";
import { type PartName, PARTS, type SplitPath } from "./step.ts";

/** Parts by name, in the order of {@linkcode PARTS}. */
export type Division = ReadonlyMap<PartName, Graph>;

/**
 * Divides a graph into `main`, these paths and what they alone need; `common`, what they and others
 * need; and `rest`. Parts without paths are left out; if the graph has none of these paths, all of it
 * is the rest. In the main part nothing refers to these paths any more, which counts for operations
 * on it: nixpkgs finds the rest by cutting these references, and never puts them back.
 */
export function splitPaths(graph: Graph, paths: readonly SplitPath[]): Division {
  const chosen = new Set(chosenNodes(graph, paths));
  const part = (name: PartName) => `${name} of split_paths`;
  const whole = (name: PartName) =>
    new Map([[name, { ...graph, history: [...graph.history, part(name)] }]]);
  if (chosen.size === 0) return whole("rest");
  const roots = graph.nodes.filter(({ users }) => users.length === 0);
  const [root, ...others] = roots;
  if (root !== undefined && others.length === 0 && chosen.has(root)) return whole("main");

  const split = withReachable(chosen, "uses");
  const reached = reachableWithout(roots, chosen);
  const members: Readonly<Record<PartName, ReadonlySet<PathNode>>> = {
    main: split.difference(reached),
    common: split.intersection(reached),
    rest: reached.difference(split),
  };
  return new Map(
    PARTS.filter((name) => members[name].size > 0)
      .map((name) => [name, subgraph(graph, members[name], part(name), chosen)]),
  );
}

function chosenNodes(graph: Graph, paths: readonly SplitPath[]): PathNode[] {
  const chosen = (childrenOf: boolean) =>
    nodesOf(graph, paths.filter((path) => path.childrenOf === childrenOf).map(({ path }) => path));
  return [...chosen(false), ...chosen(true).flatMap(({ uses }) => uses)];
}

/** What can be reached from `starts` without a step to one of `closed`. */
function reachableWithout(
  starts: readonly PathNode[],
  closed: ReadonlySet<PathNode>,
): Set<PathNode> {
  const found = new Set(starts.filter((node) => !closed.has(node)));
  for (const node of found) {
    for (const used of node.uses) if (!closed.has(used)) found.add(used);
  }
  return found;
}

/** Divides a graph into `main`, these paths with all that they need or that needs them, and `rest`. */
export function subcomponent(
  graph: Graph,
  paths: readonly StorePath[],
  operation: "subcomponent_out" | "subcomponent_in",
): Division {
  const direction = operation === "subcomponent_out" ? "uses" : "users";
  const main = withReachable(nodesOf(graph, paths), direction);
  const rest = new Set(graph.nodes).difference(main);
  return new Map([
    ["main", subgraph(graph, main, `main of ${operation}`)],
    ["rest", subgraph(graph, rest, `rest of ${operation}`)],
  ]);
}
