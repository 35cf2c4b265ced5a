/**
 * The layering that moves the fewest bytes on updates.
 *
 * Without data on updates, each source is expected to change as often as any other, and with it all
 * that uses it. What a layer costs with updates is its size times the number of sources that change
 * it; so paths that the same sources change share layers, and small paths rather than large ones
 * where they must be put to what changes more often.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { Group } from "./group.ts";
import { improve } from "./improve.ts";
import { keepGroups } from "./keep.ts";
import { orderLayers } from "./layer_order.ts";
import type { LayerPlan, PreviousLayer } from "./layer_plan.ts";
import { mergeGroups } from "./merge.ts";
import { mergeSimilar } from "./merge_similar.ts";
import { reasonOf } from "./reason.ts";
import { roundedSize } from "./rounded_size.ts";
import { type UpdateModel, updateModel } from "./update_model.ts";

/** What is known besides the closure. */
export interface UpdatesOptions {
  /** The layers of an earlier version, lowest first: what they hold together stays together. */
  readonly previous?: readonly PreviousLayer[];
  /** Closures of earlier versions, oldest first: what changed in them is likely to change. */
  readonly history?: readonly Closure[];
}

/** Groups the paths of a closure into at most `limit` layers, lowest first. */
export function updatesLayers(
  closure: Closure,
  limit: number,
  { previous = [], history = [] }: UpdatesOptions = {},
): LayerPlan[] {
  return layersAfter(previous.length > 0 ? previous : lastOf(history, limit), {
    closure,
    limit,
    history,
  });
}

/**
 * The layers that the latest of these versions would have, each kept from the one before: versions
 * that share a history have much in common so, without the plan of any being known.
 */
function lastOf(history: readonly Closure[], limit: number): readonly PreviousLayer[] {
  return history.reduce<readonly PreviousLayer[]>(
    (previous, closure, index) =>
      layersAfter(previous, { closure, limit, history: history.slice(0, index) }),
    [],
  );
}

function layersAfter(
  previous: readonly PreviousLayer[],
  { closure, limit, history }: {
    readonly closure: Closure;
    readonly limit: number;
    readonly history: readonly Closure[];
  },
): LayerPlan[] {
  const model = updateModel(closure, history);
  const groups = freshGroups(model, limit);
  const layers = previous.length === 0
    ? orderLayers(groups, model.weights)
    : keepGroups(model, previous, limit, groups);
  return layers.map((group) => ({
    paths: group.members.map((member) => model.nodes[member]!.path),
    reason: reasonOf(group, model),
  }));
}

function freshGroups(model: UpdateModel, limit: number): Group[] {
  const { changedBy, weights } = model;
  const nodes = model.nodes.map((node) => ({ ...node, narSize: roundedSize(node.narSize) }));
  const single = nodes.map(({ narSize }, index) => ({
    members: [index],
    size: narSize,
    changedBy: changedBy[index]!,
  }));
  const rounded = { ...model, nodes };
  const merged = mergeGroups(mergeSimilar(single, limit, weights), limit, weights);
  return improve(rounded, merged, limit)
    .map((group) => ({ ...group, members: group.members.toSorted((a, b) => a - b) }));
}
