/**
 * Groups of store paths that have a layer together.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { StorePath } from "../store/store_path.ts";
import { closureGraph, compare, type PathNode, reachable } from "./closure_graph.ts";
import type { LayerPlan } from "./layer_plan.ts";

/** Store paths that have a layer together. */
export interface PathGroup {
  readonly name: string;
  /** At least one; no path is in two groups. */
  readonly paths: readonly StorePath[];
  /** Whether the group also has what these need and no path outside of it does. */
  readonly closure: boolean;
}

/** What {@linkcode groupedLayers} makes of a closure. */
interface Grouped {
  /** A layer for each group, paths by name. */
  readonly layers: readonly LayerPlan[];
  /** The paths in no group. What they need by way of a group, they refer to. */
  readonly rest: Closure;
}

/** Takes the groups out of a closure, which has all their paths. */
export function groupedLayers(closure: Closure, groups: readonly PathGroup[]): Grouped {
  const nodes = closureGraph(closure);
  const given = new Set(groups.flatMap(({ paths }) => paths));
  const taken = new Set<PathNode>();
  const layers = groups.map(({ name, paths, closure }) => {
    const own = new Set(paths);
    const members = new Set(nodes.filter(({ path }) => own.has(path)));
    const needed = closure ? neededAlone(members, given) : new Set<PathNode>();
    const all = members.union(needed);
    for (const node of all) taken.add(node);
    const alone = needed.size === 0 ? "" : `, with ${needed.size} that only they need`;
    return {
      paths: nodes.filter((node) => all.has(node)).map(({ path }) => path),
      reason: `group ${name}${alone}`,
    };
  });
  return { layers, rest: without(closure, nodes, taken) };
}

/** What `members` need and nothing else does, without `given` paths. */
function neededAlone(
  members: ReadonlySet<PathNode>,
  given: ReadonlySet<StorePath>,
): Set<PathNode> {
  const needed = reachable(members, "uses");
  for (const node of needed) if (given.has(node.path)) needed.delete(node);
  const isAlone = (node: PathNode) =>
    node.users.every((user) => members.has(user) || needed.has(user));
  // Each that goes can make those go that it uses.
  const doubtful = [...needed];
  for (let node = doubtful.pop(); node !== undefined; node = doubtful.pop()) {
    if (!needed.has(node) || isAlone(node)) continue;
    needed.delete(node);
    doubtful.push(...node.uses);
  }
  return needed;
}

function without(
  closure: Closure,
  nodes: readonly PathNode[],
  taken: ReadonlySet<PathNode>,
): Closure {
  const rest = new Map(closure);
  for (const node of taken) rest.delete(node.path);
  for (const node of nodes) {
    const info = rest.get(node.path);
    if (info === undefined || !node.uses.some((used) => taken.has(used))) continue;
    rest.set(node.path, { ...info, references: usedThrough(node, taken).sort() });
  }
  return rest;
}

/** What a node refers to, itself or by way of nodes that are `taken`, without those. */
function usedThrough(start: PathNode, taken: ReadonlySet<PathNode>): StorePath[] {
  const found = new Set(start.uses);
  for (const node of found) {
    if (!taken.has(node)) continue;
    for (const used of node.uses) found.add(used);
  }
  return [...found].filter((node) => !taken.has(node)).map(({ path }) => path);
}

/**
 * Puts layers of groups among planned ones: each right above what its paths need, as what changes
 * there changes it too; the planned ones keep their order. Of groups that belong to the same place,
 * those come first whose paths with all that they need are smaller.
 */
export function withGroups(
  closure: Closure,
  planned: readonly LayerPlan[],
  grouped: readonly LayerPlan[],
): LayerPlan[] {
  const nodes = closureGraph(closure);
  const places = new Map(
    planned.flatMap(({ paths }, index) => paths.map((path) => [path, index + 1])),
  );
  const placed = grouped.map((layer) => {
    const paths = new Set(layer.paths);
    const members = new Set(nodes.filter(({ path }) => paths.has(path)));
    const all = members.union(reachable(members, "uses"));
    let place = 0;
    let size = 0;
    for (const { path, narSize } of all) {
      place = Math.max(place, places.get(path) ?? 0);
      size += narSize;
    }
    return { layer, place, size };
  }).sort((a, b) =>
    a.place - b.place || a.size - b.size ||
    compare(a.layer.paths[0] ?? "", b.layer.paths[0] ?? "")
  );
  const at = (place: number) => placed.filter((one) => one.place === place);
  return [
    ...at(0).map(({ layer }) => layer),
    ...planned.flatMap((layer, index) => [layer, ...at(index + 1).map(({ layer }) => layer)]),
  ];
}
