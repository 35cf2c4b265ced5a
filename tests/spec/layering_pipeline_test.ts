import assert from "node:assert/strict";
import fc from "fast-check";
import { layeringPipeline } from "../../src/spec/layering_pipeline_schema.ts";
import { PipelineReader } from "../../src/spec/layering_pipeline.ts";
import type { JsonValue } from "../../src/spec/image_spec.ts";
import { inDirectory } from "../support/directories.ts";
import { errorLines, load } from "../support/specs.ts";
import { storePath } from "../support/store_paths.ts";

const [A, B] = [storePath("a"), storePath("b")];

const linesOf = (layeringPipeline: unknown, others = {}) =>
  errorLines({ name: "app", layeringPipeline, ...others });

const pipelineOf = async (layeringPipeline: unknown, options = {}) =>
  (await load({ name: "app", layeringPipeline }, options)).spec.layeringPipeline;

Deno.test("loadSpec() reads all operations of a layeringPipeline", async () => {
  assert.deepEqual(
    await pipelineOf([
      ["split_paths", [A, { children_of: A }, { children_of: [A, B] }]],
      ["over", "main", ["pipe", [["subcomponent_in", [B]], ["over", "rest", ["reverse"]]]]],
      ["flatten"],
      ["map", ["remove_paths", A]],
      ["remove_paths", [A, B]],
      ["subcomponent_out", []],
      ["popularity_contest"],
      ["split_every", 2],
      ["limit_layers", 1],
    ]),
    [
      {
        where: "layeringPipeline[0]",
        operation: "split_paths",
        paths: [
          { path: A, childrenOf: false },
          { path: A, childrenOf: true },
          { path: A, childrenOf: true },
          { path: B, childrenOf: true },
        ],
      },
      {
        where: "layeringPipeline[1]",
        operation: "over",
        part: "main",
        step: {
          where: "layeringPipeline[1][2]",
          operation: "pipe",
          steps: [
            {
              where: "layeringPipeline[1][2][1][0]",
              operation: "subcomponent_in",
              paths: [B],
            },
            {
              where: "layeringPipeline[1][2][1][1]",
              operation: "over",
              part: "rest",
              step: { where: "layeringPipeline[1][2][1][1][2]", operation: "reverse" },
            },
          ],
        },
      },
      { where: "layeringPipeline[2]", operation: "flatten" },
      {
        where: "layeringPipeline[3]",
        operation: "map",
        step: { where: "layeringPipeline[3][1]", operation: "remove_paths", paths: [A] },
      },
      { where: "layeringPipeline[4]", operation: "remove_paths", paths: [A, B] },
      { where: "layeringPipeline[5]", operation: "subcomponent_out", paths: [] },
      { where: "layeringPipeline[6]", operation: "popularity_contest" },
      { where: "layeringPipeline[7]", operation: "split_every", count: 2 },
      { where: "layeringPipeline[8]", operation: "limit_layers", count: 1 },
    ],
  );
  assert.deepEqual(await pipelineOf([]), []);
  assert.equal(await pipelineOf(null), null);
});

const STEP = 'an operation such as ["popularity_contest"] or ["limit_layers", 20]';

/** A step, and the lines that it earns as the first one. */
const WRONG_STEPS: [step: unknown, ...lines: string[]][] = [
  ["reverse", `[0]: expected ${STEP}, found "reverse"`],
  [[], `[0]: expected ${STEP}, found []`],
  [{ op: "reverse" }, `[0]: expected ${STEP}, found {"op":"reverse"}`],
  [[3], "[0][0]: expected the name of an operation, found 3"],
  [
    ["popularity_contst"],
    '[0][0]: unknown operation "popularity_contst", did you mean ' +
    '"popularity_contest"?',
  ],
  [
    ["__proto__"],
    '[0][0]: unknown operation "__proto__", expected one of popularity_contest, ' +
    "limit_layers, split_every, split_paths, subcomponent_out, subcomponent_in, remove_paths, " +
    "reverse, flatten, over, map, pipe",
  ],
  [["reverse", 1], "[0]: expected no argument for reverse, found 1"],
  [["limit_layers"], "[0]: expected 1 argument (count) for limit_layers, found 0"],
  [["over", "main"], "[0]: expected 2 arguments (part, step) for over, found 1"],
  [["limit_layers", 0], "[0][1]: expected an integer of at least 1, found 0"],
  [["limit_layers", "5"], '[0][1]: expected an integer of at least 1, found "5"'],
  [["split_every", 1.5], "[0][1]: expected an integer of at least 1, found 1.5"],
  [
    ["split_paths", A],
    `[0][1]: expected an array of a store path or {"children_of": a store path ` +
    `or several}, found ${JSON.stringify(A)}`,
  ],
  [
    ["split_paths", [5, { childrenOf: A }]],
    '[0][1][0]: expected a store path or {"children_of": a store path or several}, found 5',
    '[0][1][1]: expected a store path or {"children_of": a store path or several}, found ' +
    `${`{"childrenOf":"${A}`.slice(0, 59)}…`,
  ],
  [
    ["split_paths", [{ children_of: [A, null] }]],
    "[0][1][0].children_of[1]: expected a store path or a link to one, found null",
  ],
  [
    ["subcomponent_out", [A, `${A}/bin`]],
    `[0][1][1]: expected a store path or a link to one, found "${A}/bin", which is below a store path`,
  ],
  [["subcomponent_in", A], `[0][1]: expected an array of store paths, found "${A}"`],
  [
    ["remove_paths", ["/nowhere/x"]],
    "[0][1][0]: expected a store path or a link to one, found " +
    '"/nowhere/x", but /nowhere does not exist',
  ],
  [
    ["remove_paths", "/usr"],
    "[0][1]: expected a store path or a link to one, found " +
    '"/usr", which is not in the store',
  ],
  [
    ["over", "mian", ["revers"]],
    '[0][2][0]: unknown operation "revers", did you mean "reverse"?',
    '[0][1]: expected "main", "common" or "rest", found "mian"',
  ],
  [["map", "reverse"], `[0][1]: expected ${STEP}, found "reverse"`],
  [
    ["map", ["map", ["limit_layers", -1]]],
    "[0][1][1][1]: expected an integer of at least 1, found -1",
  ],
  [["pipe", ["reverse"]], `[0][1][0]: expected ${STEP}, found "reverse"`],
  [["pipe", 1], "[0][1]: expected an array of operations, found 1"],
];

Deno.test("loadSpec() tells what is wrong with a layeringPipeline, and where", async () => {
  for (const [step, ...lines] of WRONG_STEPS) {
    assert.deepEqual(await linesOf([step]), lines.map((line) => `layeringPipeline${line}`));
  }
  assert.deepEqual(await linesOf([["reverse"], ["flatten"], ["limit_layers", null]]), [
    "layeringPipeline[2][1]: expected an integer of at least 1, found null",
  ]);
  const pipeline = "null, an array of operations, or the path of a JSON file with one";
  for (const value of [5, "", {}, true]) {
    assert.deepEqual(await linesOf(value), [
      `layeringPipeline: expected ${pipeline}, found ${JSON.stringify(value)}`,
    ]);
  }
});

Deno.test("loadSpec() takes layeringPipeline alone, without other ways to group paths", async () => {
  assert.deepEqual(
    await linesOf([["reverse"]], { layering: "auto", groups: [{ name: "a", paths: ["*"] }] }),
    [
      "layering: you can not specify both layering and layeringPipeline, which says all",
      "groups: you can not specify both groups and layeringPipeline, which says all",
    ],
  );
  const { spec } = await load({ name: "app", layeringPipeline: null, layering: "popularity" });
  assert.equal(spec.layering, "popularity");
});

Deno.test("loadSpec() reads a layeringPipeline from a file, from the spec file on", async () => {
  await inDirectory(async (directory) => {
    const spec = `${directory}/spec.json`;
    Deno.writeTextFileSync(spec, JSON.stringify({ name: "app", layeringPipeline: "p.json" }));
    const file = `${directory}/p.json`;
    const steps = () => pipelineOf(null, { source: spec });
    await assert.rejects(steps(), /layeringPipeline: expected .* but .*p\.json does not exist$/);
    Deno.symlinkSync(A, `${directory}/result`);
    Deno.writeTextFileSync(file, JSON.stringify([["remove_paths", "result"]]));
    assert.deepEqual(await steps(), [
      { where: "layeringPipeline[0]", operation: "remove_paths", paths: [A] },
    ]);
    Deno.writeTextFileSync(file, '[["remove_paths", 5], ["limit_layers", 0]]');
    await assert.rejects(steps(), {
      message:
        `${spec}: layeringPipeline[0][1]: expected a store path or an array of store paths, ` +
        `found 5 (in ${file})\n` +
        `${spec}: layeringPipeline[1][1]: expected an integer of at least 1, found 0 (in ${file})`,
    });
    Deno.writeTextFileSync(file, "[[");
    await assert.rejects(steps(), /layeringPipeline: .* but .*p\.json: line 1, column 3: expected/);
    Deno.writeTextFileSync(file, '{"pipeline": []}');
    await assert.rejects(
      steps(),
      /layeringPipeline: expected an array of operations, found .*p\.json/,
    );
  });
});

Deno.test("loadSpec() reads a layeringPipeline in the store below the store root", async () => {
  await inDirectory(async (storeRoot) => {
    Deno.mkdirSync(`${storeRoot}/nix/store`, { recursive: true });
    Deno.writeTextFileSync(storeRoot + A, '[["reverse"]]');
    assert.deepEqual(await pipelineOf(A, { storeRoot }), [
      { where: "layeringPipeline[0]", operation: "reverse" },
    ]);
  });
});

Deno.test("loadSpec() reads 60 nested steps at once", async () => {
  let step: unknown = ["reverse"];
  for (let depth = 0; depth < 60; depth++) step = depth % 2 ? ["map", step] : ["pipe", [step]];
  const start = performance.now();
  assert.equal((await pipelineOf([step]))?.length, 1);
  assert.ok(performance.now() - start < 2000);
});

Deno.test("the JSON Schema of layeringPipeline takes what the loader takes", async () => {
  const argument = fc.oneof(
    fc.constantFrom<JsonValue>(A, [A], [A, B], [{ children_of: A }], [{ children_of: [B] }], 2, 0),
    fc.constantFrom<JsonValue>("main", "rest", "other", ["reverse"], [["flatten"]], null, {}),
  );
  const name = fc.constantFrom(
    ...["popularity_contest", "limit_layers", "split_every", "split_paths", "subcomponent_out"],
    ...["subcomponent_in", "remove_paths", "reverse", "flatten", "over", "map", "pipe", "other"],
  );
  const step = fc.tuple(name, fc.array(argument, { maxLength: 3 }))
    .map(([name, given]): JsonValue => [name, ...given]);
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 2 }), async (steps) => {
      const reader = new PipelineReader("/");
      await reader.steps(steps, []);
      // A string is a path to the schema; whether it is a store path is not for it to say.
      if (reader.problems.some(({ text }) => text.includes("does not exist"))) return;
      const { success } = layeringPipeline.safeParse(steps);
      assert.equal(success, reader.problems.length === 0);
      if (success) taken++;
    }),
    { numRuns: 3000 },
  );
  assert.ok(taken > 100, `${taken}`);
});
