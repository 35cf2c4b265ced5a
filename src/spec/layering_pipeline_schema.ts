/**
 * The schema of `layeringPipeline`.
 * @module
 */

import { z } from "zod";
import { type Operation, PARTS } from "../layering/pipeline/step.ts";

/** A kind of argument. */
type ArgumentKind = "count" | "split paths" | "paths" | "path or paths" | "part" | "step" | "steps";

/** What each operation takes. */
export const ARGUMENTS: Readonly<Record<Operation, readonly ArgumentKind[]>> = {
  popularity_contest: [],
  limit_layers: ["count"],
  split_every: ["count"],
  split_paths: ["split paths"],
  subcomponent_out: ["paths"],
  subcomponent_in: ["paths"],
  remove_paths: ["path or paths"],
  reverse: [],
  flatten: [],
  over: ["part", "step"],
  map: ["step"],
  pipe: ["steps"],
};

/** What a pipeline is. */
export const PIPELINE = "null, an array of operations, or the path of a JSON file with one";
/** What a count is. */
export const COUNT = "an integer of at least 1";
/** What the name of a part is. */
export const PART = '"main", "common" or "rest"';
/** What several paths are. */
export const PATHS = "an array of store paths";
/** What one of the paths to split is. */
export const SPLIT_PATH = 'a store path or {"children_of": a store path or several}';

const count = z.int().min(1).describe("How many.");
const path = z.string().min(1);
const paths = z.array(path);
const pathOrPaths = z.union([path, paths]);
const splitPaths = z.array(
  z.union([
    path,
    z.strictObject({
      children_of: pathOrPaths.describe("Paths of which what they refer to is meant."),
    }),
  ]),
);

const step: z.ZodType = z.lazy(() =>
  z.union(
    Object.entries(ARGUMENTS).map(([name, kinds]) => {
      const schema = z.tuple([z.literal(name), ...kinds.map((kind) => KINDS[kind])]);
      return schema.meta({ minItems: kinds.length + 1, maxItems: kinds.length + 1 });
    }),
  )
);
const steps = z.array(step);

const KINDS: Readonly<Record<ArgumentKind, z.ZodType>> = {
  count,
  "split paths": splitPaths,
  paths,
  "path or paths": pathOrPaths,
  part: z.enum(PARTS),
  step,
  steps,
};

/** The schema: operations, the path of a file with them, or null. */
export const layeringPipeline = z.union([z.string().min(1), steps]).nullable();
