/**
 * The steps of a layering pipeline, as nixpkgs' `flattenReferencesGraph` has them.
 * @module
 */

import type { StorePath } from "../../store/store_path.ts";

/** The parts that a graph can be divided into. */
export type PartName = "main" | "common" | "rest";

/** The names of the parts, in their order. */
export const PARTS = ["main", "common", "rest"] as const satisfies PartName[];

/** What `split_paths` is given: a path, or what it refers to. */
export interface SplitPath {
  /** The path; one that the graph does not have stands for nothing. */
  readonly path: StorePath;
  /** Whether what the path refers to is meant, and not the path. */
  readonly childrenOf: boolean;
}

/** An operation with its arguments. */
export type Step =
  & {
    /** Where it stands in the spec, such as `layeringPipeline[1][2]`. */
    readonly where: string;
  }
  & (
    | { readonly operation: "popularity_contest" | "reverse" | "flatten" }
    | { readonly operation: "limit_layers" | "split_every"; readonly count: number }
    | { readonly operation: "split_paths"; readonly paths: readonly SplitPath[] }
    | {
      readonly operation: "subcomponent_out" | "subcomponent_in" | "remove_paths";
      readonly paths: readonly StorePath[];
    }
    | { readonly operation: "over"; readonly part: PartName; readonly step: Step }
    | { readonly operation: "map"; readonly step: Step }
    | { readonly operation: "pipe"; readonly steps: readonly Step[] }
  );

/** The name of an operation. */
export type Operation = Step["operation"];
