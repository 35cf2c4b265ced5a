/**
 * Costs of many updates in a few numbers.
 * @module
 */

import type { UpdateCost } from "./update_cost.ts";

/** Costs of the updates of a closure, as fractions of the image. */
export interface Summary {
  readonly mean: number;
  readonly median: number;
  readonly percentile90: number;
  /** The mean of what is pulled beyond the least that any plan pulls. */
  readonly waste: number;
  readonly chain: number;
  /** In the first version. */
  readonly layers: number;
  /** Of one plan, the mean. */
  readonly milliseconds: number;
}

/** The costs of the updates of an image of `size` bytes. */
export function summarise(
  costs: readonly UpdateCost[],
  size: number,
): Omit<Summary, "layers" | "milliseconds"> {
  const pulled = costs.map((cost) => cost.pulled / size).sort((a, b) => a - b);
  return {
    mean: mean(pulled),
    median: quantile(pulled, 0.5),
    percentile90: quantile(pulled, 0.9),
    waste: mean(costs.map(({ pulled, least }) => (pulled - least) / size)),
    chain: mean(costs.map(({ chain }) => chain / size)),
  };
}

/** The mean of each number: closures count the same, however many updates they have. */
export function meanSummary(summaries: readonly Summary[]): Summary {
  const of = (key: keyof Summary) => mean(summaries.map((summary) => summary[key]));
  return {
    mean: of("mean"),
    median: of("median"),
    percentile90: of("percentile90"),
    waste: of("waste"),
    chain: of("chain"),
    layers: of("layers"),
    milliseconds: of("milliseconds"),
  };
}

/** The arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The least value that at least this part of the sorted values does not exceed. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}
