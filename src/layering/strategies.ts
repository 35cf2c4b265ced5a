/**
 * The names of the ways to group store paths into layers.
 * @module
 */

/** The layering strategies; the first is the default. */
export const LAYERING_STRATEGIES = ["auto", "popularity"] as const;

/** The name of a layering strategy. */
export type LayeringStrategy = typeof LAYERING_STRATEGIES[number];
