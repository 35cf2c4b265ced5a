import assert from "node:assert/strict";
import fc from "fast-check";
import { CONTENDERS } from "../../bench/layering/contenders.ts";
import { immediateDominators } from "../../bench/layering/dominators.ts";
import { largestFirstLayers } from "../../bench/layering/largest_first.ts";
import { nixeryLayers } from "../../bench/layering/nixery.ts";
import { checkPlan } from "../../bench/layering/update_cost.ts";
import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import { namePart } from "../../src/store/store_path.ts";
import { closureOf, closures } from "../layering/closures.ts";

const names = (layers: readonly PreviousLayer[]) =>
  layers.map(({ paths }) => paths.map(namePart).join(" "));

/** What can be reached from node 0 without `left`. */
function reached(targets: readonly (readonly number[])[], left: number): Set<number> {
  const found = new Set(left === 0 ? [] : [0]);
  for (const node of found) {
    for (const target of targets[node]!) if (target !== left) found.add(target);
  }
  return found;
}

const graphs = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.array(fc.uniqueArray(fc.nat(count - 1)), { minLength: count, maxLength: count })
);

Deno.test("immediateDominators() gives the closest node that all ways lead through", () => {
  fc.assert(
    fc.property(graphs, (targets) => {
      const all = reached(targets, -1);
      const dominators = targets.map((_, node) =>
        [...all].filter((other) => other !== node && !reached(targets, other).has(node))
      );
      const found = immediateDominators(targets);
      for (const node of targets.keys()) {
        if (!all.has(node)) assert.equal(found[node], undefined);
        else if (node === 0) assert.equal(found[0], 0);
        else {
          // The closest of a node's dominators has all the others.
          const [closest] = dominators[node]!.toSorted((a, b) =>
            dominators[b]!.length - dominators[a]!.length
          );
          assert.equal(found[node], closest);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

// The example of Nixery's comments: E is popular, G is big, D is used by A and C.
const EXAMPLE = closureOf(
  { A: "D E", B: "E", C: "D E", D: "F G", E: "", F: "", G: "" },
  (name) => ({ A: 10, B: 30, C: 20, D: 5, E: 1, F: 2, G: 200_000_000 })[name] ?? 0,
);

/** Popularity by name. */
function nixery(limit: number, popularity: Record<string, number> = { E: 100 }): string[] {
  const counts = [...EXAMPLE.keys()].map((path) =>
    [path, popularity[namePart(path)] ?? 1] as const
  );
  return names(nixeryLayers(EXAMPLE, limit, new Map(counts)));
}

Deno.test("nixeryLayers() makes layers of what the root dominates", () => {
  // A, C and D use G, so their closures are big too; F belongs to D alone, G is big.
  assert.deepEqual(nixery(10), ["C", "A", "D F", "G", "E", "B"]);
  assert.deepEqual(nixery(10, { E: 99 }).toSorted(), ["A", "B", "C", "D F", "E", "G"]);
});

Deno.test("nixeryLayers() merges the layers with the lowest users times closure sizes", () => {
  assert.deepEqual(nixery(5), ["C", "A", "D F", "G", "B E"]);
  assert.deepEqual(nixery(4), ["C", "A", "D F", "B E G"]);
  assert.deepEqual(nixery(1), ["B E G D F A C"]);
  // With so many users E is the last to be merged.
  assert.deepEqual(nixery(2, { E: 1_000_000_000 }), ["E", "B G D F A C"]);
});

Deno.test("largestFirstLayers() gives the largest paths layers of their own", () => {
  const sizes: Record<string, number> = { a: 1, b: 5, c: 3, d: 3 };
  const closure = closureOf({ d: "", c: "", b: "", a: "" }, (name) => sizes[name] ?? 0);
  assert.deepEqual(names(largestFirstLayers(closure, 3)), ["b", "c", "a d"]);
  assert.deepEqual(names(largestFirstLayers(closure, 4)), ["b", "c", "d", "a"]);
  assert.deepEqual(names(largestFirstLayers(closure, 9)), ["b", "c", "d", "a"]);
  assert.deepEqual(names(largestFirstLayers(closure, 1)), ["a b c d"]);
});

for (const contender of CONTENDERS) {
  Deno.test(`a contender puts each path into one of at most limit layers: ${contender.name}`, () => {
    fc.assert(
      fc.property(closures, fc.integer({ min: 1, max: 16 }), (closure, limit) => {
        fc.pre(closure.size > 0);
        const known = { closure, limit, popularity: new Map(), previous: undefined, history: [] };
        const layers = contender.plan(known);
        checkPlan({ closure, layers }, contender.unlimited ? Infinity : limit);
      }),
      { numRuns: 100 },
    );
  });
}
