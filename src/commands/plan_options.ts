/**
 * The options of `nix-image plan`, with a spec or without one.
 * @module
 */

import type { PlanningOptions } from "./planning.ts";

/** See above. */
export interface PlanCommandOptions extends PlanningOptions {
  /** For so many layers of store paths there is room, where there is no spec to say it. */
  readonly layers?: string;
  readonly explain?: boolean | undefined;
  /** An earlier version: an image, or what `plan --json` printed. */
  readonly against?: string;
  readonly json?: boolean | undefined;
  /** The file to draw the layers to. */
  readonly graph?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}
