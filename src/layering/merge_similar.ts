/**
 * Merges what is alike in closures too large to compare all with all.
 * @module
 */

import { addEvents, type EventWeights } from "./event_weights.ts";
import type { Group } from "./group.ts";

/** So many words of event sets may be compared for all pairs: those of about 1,000 paths. */
const MOST_WORDS = 2 ** 25;

/** Each group is compared with so many of those that nearly as many events change. */
const NEIGHBOURS = 16;

/** So much of the groups is merged at a time, before they are compared anew. */
const STEP = 1 / 4;

/**
 * Merges groups until all pairs of them can be compared, or `limit` are left. Partners are sought
 * among those that come next in the order of the weight of the events that change them: sets of
 * the same events have the same weight, and small differences of weight cost little.
 */
export function mergeSimilar(
  groups: readonly Group[],
  limit: number,
  weights: EventWeights,
): Group[] {
  const goal = Math.max(limit, Math.floor(Math.sqrt(MOST_WORDS / Math.max(weights.words, 1))));
  let left = [...groups];
  while (left.length > goal) {
    const most = Math.min(left.length - goal, Math.ceil(left.length * STEP));
    left = mergeNeighbours(left, most, weights);
  }
  return left;
}

/** Merges the cheapest pairs of neighbours, each group once at most. */
function mergeNeighbours(groups: Group[], most: number, weights: EventWeights): Group[] {
  const ordered = groups
    .map((group, index) => ({ ...group, index, weight: weights.of(group.changedBy) }))
    .sort((a, b) => a.weight - b.weight || a.index - b.index);
  const pairs = ordered.slice(0, -1).map((a, at) => {
    let best = { at, partner: at + 1, cost: Infinity };
    for (let partner = at + 1; partner <= at + NEIGHBOURS && partner < ordered.length; partner++) {
      const b = ordered[partner]!;
      const union = weights.ofUnion(a.changedBy, b.changedBy);
      const cost = a.size * (union - a.weight) + b.size * (union - b.weight);
      if (cost < best.cost) best = { at, partner, cost };
    }
    return best;
  }).sort((a, b) => a.cost - b.cost || a.at - b.at);

  const merged = new Map<number, Group>();
  const gone = new Set<number>();
  for (const { at, partner } of pairs) {
    if (gone.size === most) break;
    const a = ordered[at]!;
    const b = ordered[partner]!;
    if ([a, b].some(({ index }) => merged.has(index) || gone.has(index))) continue;
    const changedBy = a.changedBy.slice();
    addEvents(changedBy, b.changedBy);
    const members = [...a.members, ...b.members].sort((x, y) => x - y);
    const [first, last] = a.index < b.index ? [a.index, b.index] : [b.index, a.index];
    merged.set(first, { members, size: a.size + b.size, changedBy });
    gone.add(last);
  }
  return groups.flatMap((group, index) => gone.has(index) ? [] : [merged.get(index) ?? group]);
}
