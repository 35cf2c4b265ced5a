/**
 * The layering that nixpkgs had as its default: the paths that most others need get a layer each.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { hashPart, namePart, STORE_DIR } from "../store/store_path.ts";
import { closureGraph, compare, inOrder, type PathNode, reachable } from "./closure_graph.ts";
import type { LayerPlan } from "./layer_plan.ts";

/**
 * Puts the `limit - 1` most popular paths of a closure into a layer each, and the rest into one.
 * The most popular path comes lowest, and first in its layer.
 *
 * @param limit The number of layers there is room for, at least 1.
 */
export function popularityLayers(closure: Closure, limit: number): LayerPlan[] {
  const ranked = byPopularity(closureGraph(closure)).map(({ path }) => path);
  const alone = ranked.length > limit ? ranked.slice(0, limit - 1) : ranked;
  const rest = ranked.slice(alone.length);
  const layers = alone.map((path, index) => ({
    paths: [path],
    reason: `number ${index + 1} of ${ranked.length} in popularity`,
  }));
  if (rest.length > 0) {
    layers.push({ paths: rest, reason: `the ${rest.length} least popular paths` });
  }
  return layers;
}

/** The nodes of a graph, the most popular one first. */
export function byPopularity(nodes: readonly PathNode[]): PathNode[] {
  const counts = popularity(nodes);
  return nodes
    .map((node) => ({ node, count: counts.get(node) ?? 0n, key: tieKey(node) }))
    .sort((a, b) => a.count > b.count ? -1 : a.count < b.count ? 1 : compare(a.key, b.key))
    .map(({ node }) => node);
}

/**
 * Counts as nixpkgs does, which defines the popularity of y by what each path p passes down:
 * C(p)[y] is the sum over the paths c that p uses of 1 where c is y, and of C(c)[y] + 1 where c
 * needs y. Unrolled, each path on each way from a root to y adds one for itself: so the sum is taken over y
 * and all paths above it of the number of ways there are from a root to that path. The numbers
 * grow exponentially with the depth of the closure.
 */
function popularity(nodes: readonly PathNode[]): Map<PathNode, bigint> {
  const ways = new Map<PathNode, bigint>();
  const counts = new Map<PathNode, bigint>();
  for (const node of inOrder(nodes, "users")) {
    const own = node.users.length === 0 ? 1n : sum(node.users, ways);
    ways.set(node, own);
    const [user, other] = node.users;
    // With one user, what is above is the user and what is above that.
    const above = user !== undefined && other === undefined
      ? counts.get(user) ?? 0n
      : sum(reachable([node], "users"), ways);
    counts.set(node, own + above);
  }
  return counts;
}

function sum(nodes: Iterable<PathNode>, numbers: ReadonlyMap<PathNode, bigint>): bigint {
  let total = 0n;
  for (const node of nodes) total += numbers.get(node) ?? 0n;
  return total;
}

/** The path with what comes before its first hyphen moved to its end, as nixpkgs orders ties. */
function tieKey({ path }: PathNode): string {
  return `${namePart(path)}-${STORE_DIR}/${hashPart(path)}`;
}
