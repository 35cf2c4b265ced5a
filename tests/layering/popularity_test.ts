import assert from "node:assert/strict";
import fc from "fast-check";
import { popularityLayers } from "../../src/layering/popularity.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart } from "../../src/store/store_path.ts";
import { chain, closureOf, closures } from "./closures.ts";

/** nixpkgs' counting step by step, recursive and memoised. */
function straightforwardCounts(closure: Closure): Map<string, bigint> {
  const graph = new Map<string, readonly string[]>();
  for (const [path, { references }] of closure) graph.set(path, references);
  const used = new Set([...graph.values()].flat());
  graph.set("virtual", [...graph.keys()].filter((path) => !used.has(path)));

  const memo = new Map<string, Map<string, bigint>>();
  const count = (path: string): Map<string, bigint> => {
    const known = memo.get(path);
    if (known !== undefined) return known;
    const counts = new Map<string, bigint>();
    const add = (to: string, n: bigint) => counts.set(to, (counts.get(to) ?? 0n) + n);
    for (const child of graph.get(path) ?? []) {
      add(child, 1n);
      for (const [below, n] of count(child)) add(below, n + 1n);
    }
    memo.set(path, counts);
    return counts;
  };
  return count("virtual");
}

function straightforward(closure: Closure): string[] {
  const key = (path: string) => {
    const [first = "", ...parts] = path.split("-");
    return [...parts, first].join("-");
  };
  return [...straightforwardCounts(closure)]
    .sort(([a, aCount], [b, bCount]) => {
      if (aCount !== bCount) return aCount > bCount ? -1 : 1;
      return key(a) < key(b) ? -1 : 1;
    })
    .map(([path]) => path);
}

function names(closure: Closure, limit: number): string[] {
  return popularityLayers(closure, limit).map(({ paths }) => paths.map(namePart).join(" "));
}

const SEVEN = closureOf({ A: "B G", B: "C E", C: "D E", D: "F", E: "F", F: "", G: "" });

Deno.test("popularityLayers() orders paths as nixpkgs' counting does", () => {
  fc.assert(
    fc.property(closures, (closure) => {
      assert.deepEqual(
        popularityLayers(closure, 100).map(({ paths }) => paths),
        straightforward(closure).map((path) => [path]),
      );
    }),
    { numRuns: 500 },
  );
});

Deno.test("popularityLayers() orders nixpkgs' own examples as nixpkgs does", () => {
  const four = closureOf({ foo: "bar baz", bar: "baz", baz: "tux", tux: "" });
  assert.deepEqual(names(four, 4), ["tux", "baz", "bar", "foo"]);
  assert.deepEqual(names(SEVEN, 7), ["F", "E", "D", "C", "B", "G", "A"]);
});

Deno.test("popularityLayers() puts what is over the limit into the last layer", () => {
  assert.deepEqual(names(SEVEN, 3), ["F", "E", "D C B G A"]);
  assert.deepEqual(names(SEVEN, 1), ["F E D C B G A"]);
  assert.deepEqual(popularityLayers(SEVEN, 3).map(({ reason }) => reason), [
    "number 1 of 7 in popularity",
    "number 2 of 7 in popularity",
    "the 5 least popular paths",
  ]);
});

Deno.test("popularityLayers() counts exactly beyond 2^53", () => {
  // Sixty diamonds above y and z give each a count over 2^60; a root of its own gives z 2 more.
  const graph: Record<string, string> = { other: "z" };
  for (let step = 0; step < 60; step++) {
    graph[`top${step}`] = `left${step} right${step}`;
    graph[`left${step}`] = graph[`right${step}`] = step < 59 ? `top${step + 1}` : "y z";
  }
  graph["y"] = graph["z"] = "";
  const closure = closureOf(graph);
  assert.deepEqual(names(closure, 3).slice(0, 2), ["z", "y"]);
  const [z, y] = [...straightforwardCounts(closure).values()].sort((a, b) => a > b ? -1 : 1);
  assert.equal((z ?? 0n) - (y ?? 0n), 2n);
  assert.equal(Number(z), Number(y));
});

Deno.test("popularityLayers() takes a chain of 20,000 paths", () => {
  const closure = chain(20_000);
  const layers = popularityLayers(closure, 100);
  assert.deepEqual(layers.flatMap(({ paths }) => paths), [...closure.keys()].reverse());
});
