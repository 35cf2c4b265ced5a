import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { planImage } from "../../src/image/plan.ts";
import { LAYERING_STRATEGIES } from "../../src/layering/strategies.ts";
import type { LayerTarget } from "../../src/layering/targets.ts";
import type { ImageSpec, JsonValue, LayerGroup } from "../../src/spec/image_spec.ts";
import { PipelineReader } from "../../src/spec/layering_pipeline.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { namePart } from "../../src/store/store_path.ts";
import { DEFAULTS, fromStore } from "../support/specs.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";

const GRAPH = closureOfNames({
  app: ["python3-3.11", "lib"],
  "python3-3.11": ["zlib", "libc"],
  "python3-pip": ["python3-3.11"],
  lib: ["libc"],
  zlib: ["libc"],
  libc: [],
});

interface Options {
  readonly target?: LayerTarget;
}

/** The layers of an image of all paths, and what was said about them. */
async function planned(changes: Partial<ImageSpec>, options: Options = {}) {
  const warnings: string[] = [];
  const spec = {
    ...DEFAULTS,
    name: "app",
    contents: fromStore(storePath("app"), storePath("python3-pip")),
    ...changes,
  };
  const { layers } = await planImage(spec, {
    source: closuresWithin(GRAPH),
    onWarning: (text) => warnings.push(text),
    ...options,
  });
  const names = layers.map(({ paths }) => paths.map(namePart).sort().join(" "));
  return { names, reasons: layers.map(({ reason }) => reason), warnings };
}

async function fromSteps(pipeline: JsonValue[], changes: Partial<ImageSpec> = {}, options = {}) {
  const reader = new PipelineReader("/");
  const layeringPipeline = await reader.steps(pipeline, ["layeringPipeline"]);
  assert.deepEqual(reader.problems, []);
  return await planned({ ...changes, layeringPipeline }, options);
}

const fails = (promise: Promise<unknown>, message: string) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof UsageError, String(error));
    assert.equal(error.message, message);
    return true;
  });

const group = (name: string, ...paths: string[]): LayerGroup => ({ name, paths, closure: false });

Deno.test("planImage() makes layers as the layeringPipeline says, in its order", async () => {
  const { names, warnings } = await fromSteps([
    ["split_paths", [storePath("python3-3.11")]],
    ["over", "rest", ["subcomponent_in", [storePath("app")]]],
  ]);
  assert.deepEqual(names, ["python3-3.11 zlib", "libc", "app", "lib python3-pip"]);
  assert.deepEqual(warnings, []);
});

Deno.test("planImage() warns of paths in a layeringPipeline that the image does not have", async () => {
  const { names, warnings } = await fromSteps([
    ["split_paths", [storePath("absent"), storePath("lib")]],
    ["over", "main", ["pipe", [["remove_paths", storePath("gone")]]]],
  ]);
  assert.equal(names.length, 3);
  assert.deepEqual(warnings, [
    `layeringPipeline[0]: split_paths: the image has no ${storePath("absent")}`,
    `layeringPipeline[1][2][1][0]: remove_paths: the image has no ${storePath("gone")}`,
  ]);
});

Deno.test("planImage() leaves out what remove_paths removes, and warns if something needs it", async () => {
  const pip = storePath("python3-pip");
  const only = await fromSteps([["remove_paths", pip]], { contents: fromStore(storePath("app")) });
  assert.deepEqual(only.names, ["app lib libc python3-3.11 zlib"]);
  const { names, warnings } = await fromSteps([["remove_paths", [pip, storePath("zlib")]]], {
    config: { Cmd: [`${pip}/bin/pip`] },
  });
  assert.deepEqual(names, ["app lib libc python3-3.11"]);
  assert.deepEqual(warnings, [
    `layeringPipeline: remove_paths leaves ${pip} out of the image, and contents (and 1 more) ` +
    "refers to it",
    `layeringPipeline: remove_paths leaves ${storePath("zlib")} out of the image, and ` +
    `${storePath("python3-3.11")} refers to it`,
  ]);
});

Deno.test("planImage() refuses a layeringPipeline that makes too many layers", async () => {
  const contest: JsonValue[] = [["popularity_contest"]];
  assert.equal((await fromSteps(contest)).names.length, 6);
  assert.equal((await fromSteps(contest, { maxLayers: 7 })).names.length, 6);
  await fails(
    fromSteps(contest, { maxLayers: 6 }),
    "layeringPipeline: makes 6 layers, and there is room for 5 (maxLayers: 6; the top layer is " +
      'another one): end it with ["flatten"], ["limit_layers", 5]',
  );
  const limited = [...contest, ["flatten"], ["limit_layers", 5]];
  assert.equal((await fromSteps(limited, { maxLayers: 6 })).names.length, 5);
});

Deno.test("planImage() gives each group a layer, with every strategy", async () => {
  const groups = [group("python", "python3*"), group("c", storePath("libc"), "z???")];
  for (const layering of LAYERING_STRATEGIES) {
    const { names, reasons, warnings } = await planned({ groups, layering, maxLayers: 4 });
    assert.deepEqual([...names].sort(), ["app lib", "libc zlib", "python3-3.11 python3-pip"]);
    assert.ok(reasons.includes("group python") && reasons.includes("group c"));
    assert.equal(names[0], "libc zlib");
    assert.deepEqual(warnings, []);
  }
});

Deno.test("planImage() says what is wrong with groups", async () => {
  const { names, warnings } = await planned({
    groups: [group("none", "perl*", storePath("absent")), group("some", "lib", "no")],
    maxLayers: 3,
  });
  assert.equal(names.length, 2);
  assert.deepEqual(warnings, [
    "groups[0].paths[0]: nothing in the image is perl*",
    `groups[0].paths[1]: nothing in the image is ${storePath("absent")}`,
    "groups[1].paths[1]: nothing in the image is no",
  ]);
  await fails(
    planned({ groups: [group("one", "lib*"), group("two", "app", storePath("libc"))] }),
    `groups[1].paths[1]: ${storePath("libc")} is in two groups, one (groups[0]) and two`,
  );
  const groups = [group("one", "lib"), group("two", "libc"), group("three", "zlib")];
  await fails(
    planned({ groups, maxLayers: 4 }),
    "maxLayers: 4 are too few: the top layer is another one, 3 groups need 3, and the other store " +
      "paths need at least one",
  );
  await fails(
    planned({ groups, maxLayers: 3 }),
    "maxLayers: 3 are too few: the top layer is another one, 3 groups need 3, and the other store " +
      "paths need at least one",
  );
  const all = { contents: fromStore(storePath("zlib")), groups: groups.slice(1) };
  assert.equal((await planned({ ...all, maxLayers: 3 })).names.length, 2);
  await fails(
    planned({ ...all, maxLayers: 2 }),
    "maxLayers: 2 are too few: the top layer is another one, and 2 groups need 2",
  );
});

/** As many paths, each alone. */
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`path-${index}`, []]));

Deno.test("planImage() keeps to what a target takes, and refuses a maxLayers beyond it", async () => {
  const graph = closureOfNames(many(150));
  const layersOf = async (changes: Partial<ImageSpec>, target?: LayerTarget) =>
    (await planImage(
      { ...DEFAULTS, name: "app", contents: fromStore(...graph.keys()), ...changes },
      { source: closuresWithin(graph), target },
    )).layers.length + 1;
  assert.equal(await layersOf({}), 100);
  assert.equal(await layersOf({}, "docker"), 100);
  assert.equal(await layersOf({}, "aufs"), 42);
  assert.equal(await layersOf({ maxLayers: 30 }, "aufs"), 30);
  assert.equal(await layersOf({ maxLayers: 125 }, "docker"), 125);
  await fails(
    layersOf({ maxLayers: 43, groups: [group("one", "path-1*")] }, "aufs"),
    "maxLayers: 43 are more than the 42 that the target aufs takes: the top layer is another one, " +
      "a group needs one, which leaves 40 for other store paths",
  );
});

Deno.test("planImage() lets a layeringPipeline without maxLayers make what the target takes", async () => {
  const graph = closureOfNames(many(150));
  const reader = new PipelineReader("/");
  const plan = async (count: number, target?: LayerTarget) => {
    const layeringPipeline = await reader.steps(
      [["popularity_contest"], ["limit_layers", count]],
      [],
    );
    const contents = fromStore(...graph.keys());
    return await planImage(
      { ...DEFAULTS, name: "app", contents, layeringPipeline },
      { source: closuresWithin(graph), target },
    );
  };
  assert.equal((await plan(124)).layers.length, 124);
  await fails(
    plan(125),
    "layeringPipeline: makes 125 layers, and there is room for 124 (maxLayers: 125; the top layer " +
      'is another one): end it with ["flatten"], ["limit_layers", 124]',
  );
  await fails(
    plan(42, "aufs"),
    "layeringPipeline: makes 42 layers, and there is room for 41 (--target aufs: 42 layers; the " +
      'top layer is another one): end it with ["flatten"], ["limit_layers", 41]',
  );
});
