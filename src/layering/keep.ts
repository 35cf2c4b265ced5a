/**
 * Keeps what an earlier plan decided, as long as that is cheaper than to change it.
 * @module
 */

import type { StorePath } from "../store/store_path.ts";
import { addEvents } from "./event_weights.ts";
import { chainCost, type Group, groupOf, repullCost } from "./group.ts";
import { improve } from "./improve.ts";
import type { PreviousLayer } from "./layer_plan.ts";
import { orderLayers } from "./layer_order.ts";
import { matchPaths } from "./match_paths.ts";
import { mergeGroups } from "./merge.ts";
import { mergeSimilar } from "./merge_similar.ts";
import type { UpdateModel } from "./update_model.ts";

/**
 * A change of the plan is paid for once, by all who pull this version, and gains with each update
 * that follows. It must pay within so many. In trials 1 to 15 made hardly a difference, and
 * more made it worse: that counts on a future of which the model knows little.
 */
const HORIZON = 15;

/**
 * Groups paths as an earlier version did. A path that was there, be it in another version, stays where
 * it was; new ones go where they cost least.
 *
 * @param fresh the groups that would be made without an earlier plan: taken if they are worth the change
 * @returns the groups, lowest first
 */
export function keepGroups(
  model: UpdateModel,
  previous: readonly PreviousLayer[],
  limit: number,
  fresh: readonly Group[],
): Group[] {
  const placed = new Placed(model, previous);
  const merged = mergeGroups(placed.groups(limit), limit, model.weights);
  const kept = improve(model, merged.map((group) => placed.settle(group)), limit);
  const anew = fresh.map(({ members }) => placed.settle(groupOf(model, members)));
  const choice = placed.cost(anew) < placed.cost(kept) ? anew : kept;
  return placed.order(choice);
}

/** Nodes with their places in an earlier plan. */
class Placed {
  readonly #model: UpdateModel;
  /** For each node, the layer it was in and its place there. */
  readonly #places: (Place | undefined)[];
  /** The nodes that are left of each earlier layer, in their order. */
  readonly #layers: number[][];
  /** Whether an earlier layer is what it was. */
  readonly #intact: boolean[];
  readonly #changeCost: number;

  constructor(model: UpdateModel, previous: readonly PreviousLayer[]) {
    this.#model = model;
    this.#changeCost = model.weights.total / HORIZON;
    const places = new Map<StorePath, Place>();
    previous.forEach(({ paths }, layer) =>
      paths.forEach((path, position) => places.set(path, { layer, position }))
    );
    const matches = matchPaths([...places.keys()], model.nodes.map(({ path }) => path));
    this.#places = model.nodes.map(({ path }) => places.get(matches.get(path)!));
    this.#layers = previous.map(() => []);
    this.#places.forEach((place, node) => {
      if (place !== undefined) this.#layers[place.layer]!.push(node);
    });
    this.#intact = this.#layers.map((members, layer) => {
      members.sort((a, b) => this.#places[a]!.position - this.#places[b]!.position);
      const { paths } = previous[layer]!;
      return members.length === paths.length &&
        members.every((member, index) => model.nodes[member]!.path === paths[index]);
    });
  }

  /** What is left of the earlier layers, lowest first, then the new paths. */
  groups(limit: number): Group[] {
    const unplaced = [...this.#places.keys()].filter((node) => this.#places[node] === undefined);
    const added = unplaced.map((node) => groupOf(this.#model, [node]));
    const kept = this.#layers.filter((members) => members.length > 0)
      .map((members) => this.settle(groupOf(this.#model, members)));
    return [...kept, ...mergeSimilar(added, limit, this.#model.weights)];
  }

  /** The group with its members in their earlier order, and with what it costs to change it. */
  settle(group: Group): Group {
    const members = group.members.toSorted((a, b) => {
      const [placeA, placeB] = [this.#places[a], this.#places[b]];
      if (placeA === undefined || placeB === undefined) {
        return placeA === placeB ? a - b : placeA === undefined ? 1 : -1;
      }
      return placeA.layer - placeB.layer || placeA.position - placeB.position || a - b;
    });
    const settled = this.#isIntact(members) ? group.size * this.#changeCost : 0;
    return { ...group, members, settled };
  }

  /** What pulling this version and those that follow costs. */
  cost(groups: readonly Group[]): number {
    const now = groups.reduce((sum, { size, settled }) => settled! > 0 ? sum : sum + size, 0);
    return repullCost(this.#model, groups) + now * this.#changeCost;
  }

  /**
   * Brings groups into the earlier order up to the first that is not as it was: all above is
   * unpacked again anyway, and may as well be in the best order.
   */
  order(groups: readonly Group[]): Group[] {
    const { weights } = this.#model;
    const layerOf = ({ members }: Group) => this.#places[members[0]!]?.layer ?? Infinity;
    const earlier = new Map(
      groups.filter(({ members }) => this.#isIntact(members)).map((
        group,
      ) => [layerOf(group), group]),
    );
    const below: Group[] = [];
    while (earlier.has(below.length)) below.push(earlier.get(below.length)!);
    const beneath = weights.none();
    for (const { changedBy } of below) addEvents(beneath, changedBy);
    const kept = new Set(below);
    const above = groups.filter((group) => !kept.has(group));
    const inOrder = [...below, ...orderLayers(above, weights, beneath)];

    const anew = orderLayers(groups, weights);
    let same = 0;
    while (same < below.length && anew[same] === below[same]) same++;
    const once = below.slice(same).reduce((sum, { size }) => sum + size, 0) * this.#changeCost;
    return chainCost(this.#model, anew) + once < chainCost(this.#model, inOrder) ? anew : inOrder;
  }

  #isIntact(members: readonly number[]): boolean {
    const layer = this.#places[members[0]!]?.layer;
    return layer !== undefined && this.#intact[layer]! &&
      members.length === this.#layers[layer]!.length &&
      members.every((member, index) => member === this.#layers[layer]![index]);
  }
}

interface Place {
  readonly layer: number;
  readonly position: number;
}
