/**
 * What layering decides.
 * @module
 */

import type { StorePath } from "../store/store_path.ts";

/** One layer to be. */
export interface LayerPlan {
  /** In the order in which the tar holds them. */
  readonly paths: readonly StorePath[];
  /** Why these paths share a layer: one short line for a person. */
  readonly reason: string;
}
