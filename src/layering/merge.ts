/**
 * Merges groups of paths until they are few enough.
 * @module
 */

import { addEvents, type EventSet, type EventWeights } from "./event_weights.ts";
import type { Group } from "./group.ts";

/**
 * Merges until `limit` groups are left: always the two for which the expected bytes per update rise
 * least, that is the size of each times the weight of the events that change the other alone.
 * Of equal pairs the one of the earliest groups is taken.
 *
 * @returns the groups in the order of their first ones
 */
export function mergeGroups(
  groups: readonly Group[],
  limit: number,
  weights: EventWeights,
): Group[] {
  const merging = new Merging(groups, weights);
  while (merging.count > limit) merging.mergeNext();
  return merging.groups();
}

class Merging {
  readonly #weights: EventWeights;
  readonly #members: number[][];
  readonly #sizes: Float64Array;
  readonly #settled: Float64Array;
  readonly #sets: EventSet[];
  readonly #setWeights: Float64Array;
  /** For each group, the later one that it is cheapest to merge with, and what that costs. */
  readonly #partners: Int32Array;
  readonly #costs: Float64Array;
  /** The groups that are left, in order. */
  #left: Int32Array;

  constructor(groups: readonly Group[], weights: EventWeights) {
    this.#weights = weights;
    this.#members = groups.map(({ members }) => [...members]);
    this.#sizes = Float64Array.from(groups, ({ size }) => size);
    this.#settled = Float64Array.from(groups, ({ settled = 0 }) => settled);
    this.#sets = groups.map(({ changedBy }) => changedBy.slice());
    this.#setWeights = Float64Array.from(this.#sets, (set) => weights.of(set));
    this.#partners = new Int32Array(groups.length);
    this.#costs = new Float64Array(groups.length);
    this.#left = Int32Array.from(groups, (_, index) => index);
    for (const a of this.#left) this.#findPartner(a);
  }

  get count(): number {
    return this.#left.length;
  }

  groups(): Group[] {
    return Array.from(this.#left, (index) => ({
      members: this.#members[index]!,
      size: this.#sizes[index]!,
      changedBy: this.#sets[index]!,
    }));
  }

  mergeNext(): void {
    let a = this.#left[0]!;
    for (const other of this.#left) if (this.#costs[other]! < this.#costs[a]!) a = other;
    const b = this.#partners[a]!;
    for (const member of this.#members[b]!) this.#members[a]!.push(member);
    this.#sizes[a]! += this.#sizes[b]!;
    this.#settled[a] = 0;
    addEvents(this.#sets[a]!, this.#sets[b]!);
    this.#setWeights[a] = this.#weights.of(this.#sets[a]!);
    this.#left = this.#left.filter((other) => other !== b);
    for (const other of this.#left) {
      const partner = this.#partners[other];
      if (other === a || partner === a || partner === b) this.#findPartner(other);
      else if (other < a) this.#tryPartner(other, a);
    }
  }

  #findPartner(a: number): void {
    this.#costs[a] = Infinity;
    this.#partners[a] = -1;
    const left = this.#left;
    for (let at = left.length - 1; at >= 0 && left[at]! > a; at--) this.#tryPartner(a, left[at]!);
  }

  #tryPartner(a: number, b: number): void {
    const sizeA = this.#sizes[a]!;
    const sizeB = this.#sizes[b]!;
    const weightA = this.#setWeights[a]!;
    const weightB = this.#setWeights[b]!;
    const known = this.#costs[a]!;
    const once = this.#settled[a]! + this.#settled[b]!;
    // At least this, if the events of one are all among the other's; most pairs need no more to be ruled out.
    const least = once +
      (weightB > weightA ? sizeA * (weightB - weightA) : sizeB * (weightA - weightB));
    if (least > known) return;
    const union = this.#weights.ofUnion(this.#sets[a]!, this.#sets[b]!);
    const cost = once + sizeA * (union - weightA) + sizeB * (union - weightB);
    if (cost > known || (cost === known && b > this.#partners[a]!)) return;
    this.#costs[a] = cost;
    this.#partners[a] = b;
  }
}
