/**
 * The layering that nixpkgs has as its default: the largest paths get a layer each, and what they
 * use goes to them.
 *
 * Paths are taken largest first. A path that is taken becomes *primary*: it starts a layer. Every
 * other path belongs to the set of its nearest primary users, those with no other primary path
 * between: paths with the same set share a layer. The search ends before the first path that would
 * make more layers than allowed.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { namePart } from "../store/store_path.ts";
import { closureGraph, type PathNode, reachable } from "./closure_graph.ts";
import type { LayerPlan } from "./layer_plan.ts";

/**
 * Groups the paths of a closure into at most `limit` layers, by size and by common users.
 *
 * Among paths of equal size the one first by name, then by hash, is taken first. Layers are ordered
 * by the total NAR size of what they hold and need, smallest first, then by their first path; paths
 * in a layer by name, then by hash.
 *
 * @param limit The number of layers there is room for, at least 1.
 */
export function autoLayers(closure: Closure, limit: number): LayerPlan[] {
  const nodes = closureGraph(closure);
  const { primaries, labels } = label(nodes, limit);
  // The nodes come in order, and so do the members of each layer, and the layers by first member.
  const layers = Map.groupBy(nodes, (node) => labels.get(node) ?? NONE);
  return [...layers]
    .map(([users, members]) => ({
      closureSize: closureSize(members),
      paths: members.map((node) => node.path),
      reason: reason(members, users, primaries),
    }))
    .sort((a, b) => a.closureSize - b.closureSize)
    .map(({ paths, reason }) => ({ paths, reason }));
}

/** A set of primary paths: bit n stands for the n-th one taken. */
type Label = bigint;

const NONE: Label = 0n;

function bit(index: number): Label {
  return 1n << BigInt(index);
}

/** Finds the primary paths, and for each path those that decide its layer. */
function label(nodes: readonly PathNode[], limit: number) {
  const labels = new Map(nodes.map((node) => [node, NONE]));
  const primaries: PathNode[] = [];
  const memberCounts = new Map([[NONE, nodes.length]]);

  for (const candidate of nodes.toSorted((a, b) => b.narSize - a.narSize)) {
    const own = bit(primaries.length);
    const below = reachable([candidate], "uses");
    const above = reachable([candidate], "users");
    const primariesBelow = toLabel(primaries, below);
    const primariesAbove = toLabel(primaries, above);

    const changes = new Map([[candidate, own]]);
    for (const node of below) {
      if (node === candidate) continue;
      // The candidate stands between the node and the primary paths above it.
      const rest = (labels.get(node) ?? NONE) & ~primariesAbove;
      changes.set(node, rest & primariesBelow ? rest : rest | own);
    }

    for (const [node, next] of changes) {
      const previous = labels.get(node) ?? NONE;
      const left = (memberCounts.get(previous) ?? 0) - 1;
      if (left === 0) memberCounts.delete(previous);
      else memberCounts.set(previous, left);
      memberCounts.set(next, (memberCounts.get(next) ?? 0) + 1);
    }
    if (memberCounts.size > limit) break;
    for (const [node, next] of changes) labels.set(node, next);
    primaries.push(candidate);
  }
  return { primaries, labels };
}

function toLabel(primaries: readonly PathNode[], among: ReadonlySet<PathNode>): Label {
  return primaries.reduce((sum, node, index) => among.has(node) ? sum | bit(index) : sum, NONE);
}

function closureSize(members: readonly PathNode[]): number {
  const all = new Set(members).union(reachable(members, "uses"));
  return [...all].reduce((sum, node) => sum + node.narSize, 0);
}

function reason(
  members: readonly PathNode[],
  users: Label,
  primaries: readonly PathNode[],
): string {
  const [first, second, ...more] = primaries
    .filter((_, index) => users & bit(index))
    .map((node) => namePart(node.path));
  if (first === undefined) {
    if (primaries.length === 0) return "all paths, as there is room for one layer";
    return "the rest, which no path with a layer of its own uses";
  }
  if (second === undefined) {
    const others = members.length - 1;
    if (others === 0) return `${first} alone`;
    return `${first} with ${others === 1 ? "1 path" : `${others} paths`} it uses`;
  }
  if (more.length === 0) return `shared by ${first} and ${second}`;
  return `shared by ${first}, ${second} and ${more.length} more`;
}
