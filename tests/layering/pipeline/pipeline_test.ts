import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "../../../src/errors.ts";
import { pipelineLayers } from "../../../src/layering/pipeline/pipeline.ts";
import type { Closure } from "../../../src/store/closure.ts";
import { namePart } from "../../../src/store/store_path.ts";
import { chain, closureOf, closures, shuffled, storePath } from "../closures.ts";
import { askLayers, type JsonStep, pipelines, stepsOf } from "./pipelines.ts";

/** The layers as the names in them, sorted in each; pipelines name paths of the closure by name. */
async function layersOf(closure: Closure, pipeline: readonly JsonStep[]): Promise<string[]> {
  const paths = new Map([...closure.keys()].map((path) => [namePart(path), path]));
  const named = (value: unknown): unknown =>
    typeof value === "string"
      ? paths.get(value) ?? value
      : Array.isArray(value)
      ? value.map(named)
      : typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, value]) => [key, named(value)]))
      : value;
  const steps = await stepsOf(named(pipeline) as JsonStep[]);
  return pipelineLayers(closure, steps)
    .map(({ paths }) => paths.map(namePart).sort().join(" "));
}

/** Refers to its names; `X` is alone. */
const SPLIT = closureOf({
  Root1: "A",
  Root2: "B",
  Root3: "C",
  A: "B D",
  B: "D F",
  C: "",
  D: "E",
  E: "",
  F: "",
  X: "",
});

const PARTS = closureOf({
  Root1: "A",
  Root2: "B",
  Root3: "C",
  A: "B C",
  B: "D E",
  C: "",
  D: "",
  E: "",
  X: "",
});

const PIPE = closureOf({
  Root1: "A",
  Root2: "B",
  Root3: "C",
  A: "B C",
  B: "D E G",
  C: "",
  D: "",
  E: "F",
  F: "",
  G: "",
});

// A path that no closure here has.
const ABSENT = storePath("absent", 98);

Deno.test("split_paths divides as nixpkgs' own tests expect", async () => {
  const all = "A B C D E F Root1 Root2 Root3 X";
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", []]]), [all]);
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", [ABSENT]]]), [all]);
  assert.deepEqual(await layersOf(new Map(), [["split_paths", [ABSENT]]]), []);
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", ["B"]]]), [
    "B F",
    "D E",
    "A C Root1 Root2 Root3 X",
  ]);
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", ["B", "Root3"]]]), [
    "B C F Root3",
    "D E",
    "A Root1 Root2 X",
  ]);
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", ["D"]]]), [
    "D E",
    "A B C F Root1 Root2 Root3 X",
  ]);
  assert.deepEqual(await layersOf(SPLIT, [["split_paths", [{ children_of: "B" }]]]), [
    "D E F",
    "A B C Root1 Root2 Root3 X",
  ]);
});

Deno.test("split_paths takes all for the main part where the only root is split", async () => {
  const closure = closureOf({ root: "a", a: "b", b: "" });
  assert.deepEqual(await layersOf(closure, [["split_paths", ["b", "root"]], ["flatten"]]), [
    "a b root",
  ]);
  await assert.rejects(
    layersOf(closure, [["split_paths", ["root"]], ["over", "rest", ["reverse"]]]),
    /over "rest" .* only main came out/,
  );
});

Deno.test("split_paths cuts what refers to the paths in the main part, as nixpkgs does", async () => {
  // Were a still to refer to b, b would be the more popular one.
  const closure = closureOf({ root: "a", a: "b", b: "", other: "" });
  assert.deepEqual(
    await layersOf(closure, [
      ["split_paths", ["a", "b"]],
      ["over", "main", ["popularity_contest"]],
    ]),
    ["a", "b", "other root"],
  );
});

Deno.test("subcomponent_out and subcomponent_in divide as nixpkgs' own tests expect", async () => {
  assert.deepEqual(await layersOf(PARTS, [["subcomponent_out", ["B"]]]), [
    "B D E",
    "A C Root1 Root2 Root3 X",
  ]);
  assert.deepEqual(await layersOf(PARTS, [["subcomponent_out", ["B", "Root3"]]]), [
    "B C D E Root3",
    "A Root1 Root2 X",
  ]);
  assert.deepEqual(await layersOf(PARTS, [["subcomponent_in", ["B"]]]), [
    "A B Root1 Root2",
    "C D E Root3 X",
  ]);
  assert.deepEqual(await layersOf(PARTS, [["subcomponent_in", ["B", "Root3"]]]), [
    "A B Root1 Root2 Root3",
    "C D E X",
  ]);
  for (const operation of ["subcomponent_out", "subcomponent_in"]) {
    assert.deepEqual(await layersOf(PARTS, [[operation, []]]), ["A B C D E Root1 Root2 Root3 X"]);
    assert.deepEqual(await layersOf(new Map(), [[operation, [ABSENT]]]), []);
  }
});

Deno.test("popularity_contest orders as nixpkgs' own tests expect", async () => {
  assert.deepEqual(
    await layersOf(SPLIT, [["popularity_contest"]]),
    ["E", "D", "F", "B", "A", "C", "Root1", "Root2", "Root3", "X"],
  );
  assert.deepEqual(await layersOf(new Map(), [["popularity_contest"]]), []);
});

Deno.test("pipelines of several operations give what nixpkgs' own tests expect", async () => {
  assert.deepEqual(
    await layersOf(PIPE, [
      ["split_paths", ["B"]],
      ["over", "main", ["pipe", [
        ["subcomponent_in", ["B"]],
        ["over", "rest", ["popularity_contest"]],
      ]]],
      ["flatten"],
      ["map", ["remove_paths", "Root3"]],
      ["limit_layers", 5],
    ]),
    ["B", "F", "D", "E", "A C G Root1 Root2"],
  );
  const few = closureOf({ Root1: "A", A: "B", B: "", Root2: "" });
  const contest: JsonStep = ["popularity_contest"];
  assert.deepEqual(await layersOf(few, [contest]), ["B", "A", "Root1", "Root2"]);
  assert.deepEqual(await layersOf(few, [contest, ["limit_layers", 3]]), ["B", "A", "Root1 Root2"]);
  assert.deepEqual(await layersOf(few, [contest, ["reverse"], ["limit_layers", 3]]), [
    "Root2",
    "Root1",
    "A B",
  ]);
});

Deno.test("flattenReferencesGraph's own examples give the same layers, in the same order", async () => {
  const sizes: Record<string, number> = { A: 2, B: 4, C: 6, D: 8 };
  const closure = closureOf({ A: "C", B: "C D", C: "", D: "" }, (name) => sizes[name] ?? 0);
  const split: JsonStep = ["split_paths", ["B"]];
  assert.deepEqual(await layersOf(closure, [split]), ["B D", "C", "A"]);
  assert.deepEqual(
    await layersOf(closure, [split, ["over", "main", ["subcomponent_in", ["B"]]]]),
    ["B", "D", "C", "A"],
  );
});

Deno.test("a pipeline without operations makes one layer, by size and then by path", () => {
  const closure = closureOf({ z: "a", a: "", m: "" }, (name) => name === "m" ? 1 : 2);
  assert.deepEqual(
    pipelineLayers(closure, []).map(({ paths }) => paths.map(namePart).join(" ")),
    ["m z a"], // by path, z is before a
  );
  assert.deepEqual(pipelineLayers(new Map(), []), []);
});

Deno.test("limit_layers with room for all adds a list entry without paths, which is no layer", async () => {
  const closure = closureOf({ a: "b", b: "" });
  const limited: JsonStep[] = [["popularity_contest"], ["limit_layers", 9]];
  assert.deepEqual(await layersOf(closure, limited), ["b", "a"]);
  assert.deepEqual(await layersOf(closure, [...limited, ["reverse"], ["limit_layers", 2]]), [
    "a b",
  ]);
});

Deno.test("each layer says which steps made it", async () => {
  const steps = await stepsOf([
    ["subcomponent_out", [storePath("B", 4)]],
    ["over", "rest", ["pipe", [["popularity_contest"], ["limit_layers", 2]]]],
  ]);
  assert.deepEqual(pipelineLayers(PARTS, steps).map(({ reason }) => reason), [
    "main of subcomponent_out",
    "rest of subcomponent_out, number 1 of 6 in popularity",
    "5 merged by limit_layers",
  ]);
});

/** A pipeline that cannot be carried out, and what is said of it. */
const UNFIT: [pipeline: JsonStep[], message: string][] = [
  [[["reverse"]], "layeringPipeline[0]: reverse works on a list, and what it gets is a graph"],
  [
    [["popularity_contest"], ["popularity_contest"]],
    "layeringPipeline[1]: popularity_contest works on a graph, and what it gets is a list; map " +
    "works on each item of one",
  ],
  [
    [["split_paths", []], ["limit_layers", 3]],
    "layeringPipeline[1]: limit_layers works on a list, and what it gets is parts; over works on " +
    "one of them, flatten makes a list of all",
  ],
  [
    [["split_every", 1], ["map", ["split_every", 1]], ["limit_layers", 3]],
    "layeringPipeline[2]: limit_layers works on a list of graphs, and what it gets is a list of " +
    "lists or parts; flatten makes one of it",
  ],
  [
    [["split_paths", ["B"]], ["over", "rest", ["map", ["reverse"]]]],
    "layeringPipeline[1][2]: map works on a list, and what it gets is a graph",
  ],
  [
    [["split_paths", []], ["pipe", [["over", "main", ["reverse"]]]]],
    'layeringPipeline[1][1][0]: over "main" works on a part that is not there: of main, common ' +
    "and rest, only rest came out of the step before",
  ],
  [
    [["over", "main", ["reverse"]]],
    "layeringPipeline[0]: over works on parts, as split_paths makes them, and what it gets is a graph",
  ],
  [
    [["flatten"]],
    "layeringPipeline[0]: flatten works on a list or parts, and what it gets is a graph",
  ],
];

Deno.test("a step that cannot work on what it gets is an error that names it", async () => {
  for (const [pipeline, message] of UNFIT) {
    await assert.rejects(layersOf(SPLIT, pipeline), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("random pipelines on random closures make the layers that Python makes", async () => {
  const cases = fc.sample(
    closures.chain((closure) => fc.tuple(fc.constant(closure), pipelines([...closure.keys()]))),
    { numRuns: 3000, seed: 7 },
  );
  const expected = await askLayers(cases);
  let [made, failed, several] = [0, 0, 0];
  for (const [index, [closure, pipeline]] of cases.entries()) {
    const steps = await stepsOf(pipeline);
    const layers = () => pipelineLayers(closure, steps).map(({ paths }) => paths);
    const wanted = expected[index];
    if (wanted === null) {
      assert.throws(layers, UsageError, JSON.stringify(pipeline));
      failed++;
    } else {
      assert.deepEqual(layers(), wanted, JSON.stringify(pipeline));
      made++;
      if (layers().length > 2) several++;
    }
  }
  assert.ok(made > 1000 && failed > 100 && several > 300, `${made} ${failed} ${several}`);
});

Deno.test("no pipeline without remove_paths loses or doubles a path, whatever the order of input", async () => {
  const keeping = closures.chain((closure) =>
    fc.tuple(fc.constant(closure), shuffled(closure), pipelines([...closure.keys()], false))
  );
  await fc.assert(fc.asyncProperty(keeping, async ([closure, other, pipeline]) => {
    const steps = await stepsOf(pipeline);
    let layers;
    try {
      layers = pipelineLayers(closure, steps);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      return;
    }
    assert.deepEqual(layers.flatMap(({ paths }) => paths).sort(), [...closure.keys()].sort());
    assert.ok(layers.every(({ paths }) => paths.length > 0));
    assert.deepEqual(pipelineLayers(other, steps), layers);
  }));
});

Deno.test("a pipeline takes a chain of 20,000 paths", async () => {
  const closure = chain(20_000);
  const steps = await stepsOf([
    ["split_paths", [storePath("link", 10_000)]],
    ["over", "rest", ["pipe", [["popularity_contest"], ["limit_layers", 9]]]],
    ["over", "main", ["split_every", 2]],
  ]);
  assert.equal(pipelineLayers(closure, steps).length, 5000 + 9);
});
