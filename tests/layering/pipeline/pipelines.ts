/**
 * Layering pipelines for tests.
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Step } from "../../../src/layering/pipeline/step.ts";
import type { JsonValue } from "../../../src/spec/image_spec.ts";
import { PipelineReader } from "../../../src/spec/layering_pipeline.ts";
import type { Closure } from "../../../src/store/closure.ts";
import type { StorePath } from "../../../src/store/store_path.ts";
import { askPython } from "../../support/python.ts";
import { storePath } from "../closures.ts";

/** A step as a spec has it. */
export type JsonStep = JsonValue[];

/** The steps of a pipeline without mistakes. */
export async function stepsOf(pipeline: readonly JsonStep[]): Promise<readonly Step[]> {
  const reader = new PipelineReader("/");
  const steps = await reader.steps(pipeline, ["layeringPipeline"]);
  assert.deepEqual(reader.problems, []);
  return steps;
}

/** The layers that Python makes; null where a step can not work on what it gets. */
export async function askLayers(
  cases: readonly (readonly [Closure, readonly JsonStep[]])[],
): Promise<(string[][] | null)[]> {
  return await askPython(
    "layering_pipeline.py",
    cases.map(([closure, pipeline]) => ({
      graph: [...closure].map(([path, { references, narSize }]) => ({ path, references, narSize })),
      pipeline,
    })),
  );
}

/** Pipelines of which most steps fit to what the ones before them make. */
export function pipelines(
  paths: readonly StorePath[],
  removing = true,
): fc.Arbitrary<JsonStep[]> {
  const path = fc.constantFrom<StorePath>(...paths, storePath("absent", 99));
  const several = fc.array(path, { maxLength: 3 });
  const count = fc.integer({ min: 1, max: 5 });
  const children = fc.record({ children_of: fc.oneof(path, several) });
  const one = <T>(step: fc.Arbitrary<T>) => step.map((step) => [step]);

  const { ofGraph, ofList, ofParts } = fc.letrec<Record<string, JsonStep[]>>((tie) => {
    const inner = (name: string) =>
      tie(name).map((steps): JsonStep =>
        steps.length === 1 ? steps[0] as JsonStep : ["pipe", steps]
      );
    const then = (step: fc.Arbitrary<JsonStep>, name: string) =>
      fc.oneof(
        { maxDepth: 4 },
        one(step),
        fc.tuple(step, tie(name)).map(([step, steps]) => [step, ...steps]),
      );
    const dividing = fc.oneof(
      fc.tuple(fc.constant("split_paths"), fc.array(fc.oneof(path, children), { maxLength: 3 })),
      fc.tuple(fc.constantFrom("subcomponent_out", "subcomponent_in"), several),
    );
    const listing = fc.oneof(
      fc.constant(["popularity_contest"]),
      fc.tuple(fc.constant("split_every"), count),
    );
    const removal = fc.tuple(fc.constant("remove_paths"), fc.oneof(path, several));
    const working = fc.oneof(
      fc.constant(["reverse"]),
      fc.constant(["flatten"]),
      fc.tuple(fc.constant("limit_layers"), count),
      fc.tuple(fc.constant("split_every"), count),
      fc.tuple(fc.constant("map"), inner("ofGraph")),
    );
    const working2 = fc.tuple(
      fc.constant("over"),
      fc.constantFrom("main", "rest", "rest", "common"),
      inner("ofGraph"),
    );
    return {
      ofGraph: fc.oneof(
        { maxDepth: 4 },
        then(listing as fc.Arbitrary<JsonStep>, "ofList"),
        then(dividing as fc.Arbitrary<JsonStep>, "ofParts"),
        ...removing ? [then(removal as fc.Arbitrary<JsonStep>, "ofGraph")] : [],
      ),
      ofList: then(working as fc.Arbitrary<JsonStep>, "ofList"),
      ofParts: fc.oneof(
        { maxDepth: 4 },
        then(fc.constant(["flatten"]), "ofList"),
        then(working2 as fc.Arbitrary<JsonStep>, "ofParts"),
      ),
    };
  });
  return fc.oneof(
    { arbitrary: ofGraph as fc.Arbitrary<JsonStep[]>, weight: 8 },
    { arbitrary: ofList as fc.Arbitrary<JsonStep[]>, weight: 1 },
    { arbitrary: ofParts as fc.Arbitrary<JsonStep[]>, weight: 1 },
  );
}
