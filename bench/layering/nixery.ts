/**
 * Layering as Nixery has it (layers/layers.go of https://github.com/tazjin/nixery).
 * @module
 */

import {
  closureGraph,
  compare,
  type PathNode,
  reachable,
} from "../../src/layering/closure_graph.ts";
import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart, type StorePath } from "../../src/store/store_path.ts";
import { immediateDominators } from "./dominators.ts";

/** From which closure size in bytes and from how many users on a path may stand for a layer. */
const BIG = 100_000_000, POPULAR = 100;
/** Of what Nixery puts into each image. */
const MOST_POPULAR = 500_000;

interface RatedLayer {
  paths: StorePath[];
  rating: number;
}

/**
 * A fake root has edges to what nothing uses and to what is big or popular; each path that it
 * dominates immediately is a layer with all that this path dominates. While there are too many, the
 * two of the lowest rating (users times closure sizes) are merged, without sorting again. The
 * highest rating is lowest.
 *
 * @param popularity how many packages of the whole package set refer to a path
 */
export function nixeryLayers(
  closure: Closure,
  limit: number,
  popularity: ReadonlyMap<StorePath, number>,
): PreviousLayer[] {
  const nodes = closureGraph(closure);
  const sizes = nodes.map((node) =>
    [...reachable([node], "uses")].reduce((sum, { narSize }) => sum + narSize, node.narSize)
  );
  const users = nodes.map(({ path }) =>
    /^(nss-cacert|iana-etc)/.test(namePart(path)) ? MOST_POPULAR : popularity.get(path) ?? 1
  );
  let layers = dominatedBy(nodes, (index) => sizes[index]! > BIG || users[index]! >= POPULAR)
    .map(([top, ...below]): RatedLayer => ({
      paths: [top!, ...below].map((index) => nodes[index]!.path).sort(compare),
      rating: users[top!]! * [top!, ...below].reduce((sum, index) => sum + sizes[index]!, 0),
    }))
    .sort((a, b) => a.rating - b.rating);
  while (layers.length > limit) {
    const [a, b, ...rest] = layers as [RatedLayer, RatedLayer, ...RatedLayer[]];
    layers = [{ paths: [...a.paths, ...b.paths], rating: a.rating + b.rating }, ...rest];
  }
  return layers.reverse();
}

/** Nodes that the fake root dominates immediately, each followed by what it dominates. */
function dominatedBy(
  nodes: readonly PathNode[],
  stands: (index: number) => boolean,
): number[][] {
  const index = new Map(nodes.map((node, at) => [node, at]));
  const targets = nodes.map(({ uses }) => uses.map((used) => index.get(used)! + 1));
  const top = nodes.flatMap(({ users }, at) => users.length === 0 || stands(at) ? [at + 1] : []);
  const dominators = immediateDominators([top, ...targets]);
  const groups = new Map<number, number[]>();
  nodes.forEach((_, at) => {
    let layer = at + 1;
    while (dominators[layer] !== 0) layer = dominators[layer]!;
    const group = groups.get(layer) ?? [layer - 1];
    if (layer !== at + 1) group.push(at);
    groups.set(layer, group);
  });
  return [...groups.values()];
}
