/**
 * The names of the ways to group store paths into layers.
 * @module
 */

/** How store paths are grouped: by size and common users, or by how many ways lead to them. */
export type LayeringStrategy = "auto" | "popularity";

/** The layering strategies; the first is the default. */
export const LAYERING_STRATEGIES = ["auto", "popularity"] as const satisfies LayeringStrategy[];
