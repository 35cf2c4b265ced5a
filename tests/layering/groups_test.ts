import assert from "node:assert/strict";
import fc from "fast-check";
import { groupedLayers, withGroups } from "../../src/layering/groups.ts";
import { planLayers } from "../../src/layering/layering.ts";
import { LAYERING_STRATEGIES } from "../../src/layering/strategies.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart, type StorePath } from "../../src/store/store_path.ts";
import { closureOf, closures } from "./closures.ts";

const GRAPH = closureOf({
  app: "python lib data",
  python: "ssl zlib libc tables",
  ssl: "zlib libc",
  zlib: "libc",
  tables: "deep",
  deep: "",
  lib: "zlib",
  data: "",
  libc: "",
});

const pathsOf = (closure: Closure, names: string) =>
  names.split(" ").map((name) => [...closure.keys()].find((path) => namePart(path) === name)!);

const group = (name: string, names: string, closure = false) => ({
  name,
  paths: pathsOf(GRAPH, names),
  closure,
});

const show = (paths: Iterable<StorePath>) => [...paths].map(namePart).join(" ");

Deno.test("a group has its paths; with closure also what they need and nothing else does", () => {
  const layersOf = (...groups: ReturnType<typeof group>[]) =>
    groupedLayers(GRAPH, groups).layers.map(({ paths }) => show(paths));
  assert.deepEqual(layersOf(group("g", "python")), ["python"]);
  assert.deepEqual(layersOf(group("g", "python", true)), ["deep python ssl tables"]);
  assert.deepEqual(layersOf(group("g", "app", true)), [
    "app data deep lib libc python ssl tables zlib",
  ]);
  // What two groups need is in neither; what a group names is there.
  assert.deepEqual(layersOf(group("g", "python", true), group("h", "tables")), [
    "python ssl",
    "tables",
  ]);
  assert.deepEqual(layersOf(group("g", "python", true), group("h", "lib app", true)), [
    "deep python ssl tables",
    "app data lib",
  ]);
});

Deno.test("what is in no group still needs what it needs by way of a group", () => {
  const { rest } = groupedLayers(GRAPH, [group("g", "python tables ssl")]);
  const references = Object.fromEntries(
    [...rest].map(([path, info]) => [namePart(path), show(info.references)]),
  );
  assert.deepEqual(references, {
    app: "zlib deep lib data libc",
    zlib: "libc",
    deep: "",
    lib: "zlib",
    data: "",
    libc: "",
  });
});

Deno.test("a group's layer is right above what it needs, whatever the order of groups", () => {
  const groups = [group("g", "python", true), group("h", "data")];
  const planned = ["libc", "zlib", "lib", "app"]
    .map((names) => ({ paths: pathsOf(GRAPH, names), reason: "" }));
  for (const order of [groups, groups.toReversed()]) {
    const { layers } = groupedLayers(GRAPH, order);
    assert.deepEqual(withGroups(GRAPH, planned, layers).map(({ paths }) => show(paths)), [
      "data",
      "libc",
      "zlib",
      "deep python ssl tables",
      "lib",
      "app",
    ]);
  }
});

for (const strategy of LAYERING_STRATEGIES) {
  Deno.test(`groups lose and double no path beside the strategy ${strategy}`, () => {
    const cases = closures.filter(({ size }) => size > 2).chain((closure) =>
      fc.tuple(
        fc.constant(closure),
        fc.shuffledSubarray([...closure.keys()], { minLength: 2 }),
        fc.boolean(),
        fc.boolean(),
      )
    );
    fc.assert(fc.property(cases, ([closure, [first, ...others], one, two]) => {
      const groups = [
        { name: "one", paths: [first!], closure: one },
        { name: "two", paths: others, closure: two },
      ];
      const { layers, rest } = groupedLayers(closure, groups);
      const planned = planLayers(rest, { strategy, limit: 3 });
      assert.ok(planned.length <= 3);
      const all = withGroups(closure, planned, layers);
      assert.deepEqual(all.flatMap(({ paths }) => paths).sort(), [...closure.keys()].sort());
      assert.equal(all.length, planned.length + 2);
      assert.deepEqual(withGroups(closure, planned, layers.toReversed()), all);
    }));
  });
}
