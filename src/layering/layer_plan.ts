/**
 * What layering decides.
 * @module
 */

import type { StorePath } from "../store/store_path.ts";

/** One layer to be: the store paths in it, in the order in which its tar holds them. */
export interface LayerPlan {
  readonly paths: readonly StorePath[];
  /** Why these paths share a layer: one short line for a person. */
  readonly reason: string;
}
