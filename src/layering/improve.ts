/**
 * Moves single paths between groups where that pays.
 * @module
 */

import { addEvents, type EventSet } from "./event_weights.ts";
import { type Group, groupOf, repullCost } from "./group.ts";
import type { UpdateModel } from "./update_model.ts";

/**
 * A move must gain this share of all that is expected to be pulled: for less, neither the next version's
 * plan should become another, nor the time be spent.
 */
const LEAST_GAIN = 1 / 1000;

/** How often all paths are looked at: what a move makes possible is small after the second time. */
const ROUNDS = 2;

/**
 * Moves paths to groups, or to new ones as long as there are less than `limit`, if the expected bytes
 * per update sink by more than the change costs at once.
 */
export function improve(
  model: UpdateModel,
  groups: readonly Group[],
  limit: number,
): Group[] {
  const { nodes, changedBy, weights } = model;
  const least = LEAST_GAIN * repullCost(model, groups);
  const result = groups.map((group) => ({ ...group, weight: weights.of(group.changedBy) }));
  const make = (members: readonly number[]) => {
    const group = groupOf(model, members);
    return { ...group, settled: 0, weight: weights.of(group.changedBy) };
  };
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let from = 0; from < result.length; from++) {
      let others = restsOf(model, result[from]!.members);
      for (let at = 0; at < result[from]!.members.length; at++) {
        const source = result[from]!;
        if (source.members.length === 1) break;
        const node = source.members[at]!;
        const size = nodes[node]!.narSize;
        const gain = source.size * source.weight - (source.size - size) * weights.of(others[at]!) -
          (source.settled ?? 0) - least;
        if (gain <= 0) continue;
        let best = { to: -1, cost: gain };
        if (result.length < limit) {
          const cost = size * weights.of(changedBy[node]!);
          if (cost < best.cost) best = { to: result.length, cost };
        }
        result.forEach((target, to) => {
          if (to === from) return;
          const atLeast = size * target.weight + (target.settled ?? 0);
          if (atLeast >= best.cost) return;
          const union = weights.ofUnion(target.changedBy, changedBy[node]!);
          const cost = (target.size + size) * union - target.size * target.weight +
            (target.settled ?? 0);
          if (cost < best.cost) best = { to, cost };
        });
        if (best.to < 0) continue;
        result[best.to] = make([...result[best.to]?.members ?? [], node]);
        result[from] = make(source.members.filter((member) => member !== node));
        others = restsOf(model, result[from]!.members);
        at--;
        moved = true;
      }
    }
    if (!moved) break;
  }
  return result;
}

/** For each member, the events that change any of the others. */
function restsOf({ changedBy, weights }: UpdateModel, members: readonly number[]): EventSet[] {
  const rests = members.map(() => weights.none());
  const before = weights.none();
  const after = weights.none();
  for (let index = 0; index < members.length; index++) {
    addEvents(rests[index]!, before);
    addEvents(before, changedBy[members[index]!]!);
  }
  for (let index = members.length - 1; index >= 0; index--) {
    addEvents(rests[index]!, after);
    addEvents(after, changedBy[members[index]!]!);
  }
  return rests;
}
