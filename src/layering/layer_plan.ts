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

/** A layer of an earlier plan or image: what is known of it are its paths, in their order. */
export type PreviousLayer = Pick<LayerPlan, "paths">;
