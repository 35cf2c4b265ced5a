/**
 * The graphs that a pipeline works on: store paths in an order, with the references among them.
 * @module
 */

import type { Closure } from "../../store/closure.ts";
import type { StorePath } from "../../store/store_path.ts";
import { closureGraph, compare, type PathNode, reachable } from "../closure_graph.ts";

/** Part of a closure. References to paths outside of it are none. */
export interface Graph {
  readonly nodes: readonly PathNode[];
  /** How it came out of the steps, such as `main of split_paths`, the last one last. */
  readonly history: readonly string[];
}

/** The whole closure, by size and then by path: the order in which nixpkgs has the paths. */
export function wholeGraph(closure: Closure): Graph {
  const nodes = closureGraph(closure)
    .sort((a, b) => a.narSize - b.narSize || compare(a.path, b.path));
  return { nodes, history: [] };
}

/**
 * The nodes of `graph` that are in `chosen`, in their order, with the references among them.
 *
 * @param cut nodes to which references are left out
 */
export function subgraph(
  graph: Graph,
  chosen: ReadonlySet<PathNode>,
  how: string,
  cut: ReadonlySet<PathNode> = new Set(),
): Graph {
  const copies = new Map<PathNode, PathNode>();
  for (const node of graph.nodes) {
    if (chosen.has(node)) copies.set(node, { ...node, uses: [], users: [] });
  }
  for (const [node, copy] of copies) {
    for (const used of node.uses) {
      const usedCopy = copies.get(used);
      if (usedCopy === undefined || cut.has(used)) continue;
      copy.uses.push(usedCopy);
      usedCopy.users.push(copy);
    }
  }
  return { nodes: [...copies.values()], history: [...graph.history, how] };
}

/** One graph of all nodes of several: what one refers to in another is not linked. */
export function merged(graphs: readonly Graph[], how: string): Graph {
  return { nodes: graphs.flatMap(({ nodes }) => nodes), history: [how] };
}

/** `starts` and all that can be reached from there. */
export function withReachable(
  starts: Iterable<PathNode>,
  direction: "uses" | "users",
): Set<PathNode> {
  const given = new Set(starts);
  return given.union(reachable(given, direction));
}

/** The nodes of these paths; paths that the graph does not have are left out. */
export function nodesOf(graph: Graph, paths: Iterable<StorePath>): PathNode[] {
  const wanted = new Set(paths);
  return graph.nodes.filter(({ path }) => wanted.has(path));
}
