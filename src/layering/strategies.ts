/**
 * The names of the ways to group store paths into layers.
 * @module
 */

/**
 * How store paths are grouped: so that updates move few bytes, by size and common users, or by how
 * many ways lead to them.
 */
export type LayeringStrategy = "updates" | "auto" | "popularity";

/** The layering strategies; the first is the default. */
export const LAYERING_STRATEGIES = [
  "updates",
  "auto",
  "popularity",
] as const satisfies LayeringStrategy[];
