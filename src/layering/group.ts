/**
 * Paths that will share a layer.
 * @module
 */

import { addEvents, type EventSet } from "./event_weights.ts";
import type { UpdateModel } from "./update_model.ts";

/** Paths that will share a layer. */
export interface Group {
  /** Indices of the model's nodes. */
  readonly members: readonly number[];
  /** In bytes, maybe rounded. */
  readonly size: number;
  /** The events that change any of the members. */
  readonly changedBy: EventSet;
  /** What any change of the members costs at once, in bytes times weight; nothing if not given. */
  readonly settled?: number;
}

/** Makes a group of some nodes, with its size as it is. */
export function groupOf(
  { nodes, changedBy, weights }: UpdateModel,
  members: readonly number[],
): Group {
  const union = weights.none();
  for (const member of members) addEvents(union, changedBy[member]!);
  const size = members.reduce((sum, member) => sum + nodes[member]!.narSize, 0);
  return { members, size, changedBy: union };
}

/** The bytes that are expected to be pulled again, summed over the weights of all events. */
export function repullCost({ weights }: UpdateModel, groups: readonly Group[]): number {
  return groups.reduce((sum, { size, changedBy }) => sum + size * weights.of(changedBy), 0);
}

/** The same for what lies above a changed group. */
export function chainCost({ weights }: UpdateModel, groups: readonly Group[]): number {
  const below = weights.none();
  return groups.reduce((sum, { size, changedBy }) => {
    addEvents(below, changedBy);
    return sum + size * weights.of(below);
  }, 0);
}
