import assert from "node:assert/strict";
import { checkPlan, updateCost } from "../../bench/layering/update_cost.ts";
import { meanSummary, summarise } from "../../bench/layering/summary.ts";
import type { Closure } from "../../src/store/closure.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { storePath } from "../layering/closures.ts";

/** Paths of these sizes: `a1` is the path `a` with the hash 1. */
const SIZES: Record<string, number> = { a1: 1, a2: 2, b1: 10, b2: 20, c1: 100, d1: 1000 };

const path = (text: string): StorePath => storePath(text[0]!, Number(text[1]));

/** Layers from `a1 b1 | c1`. */
function planned(text: string) {
  const layers = text.split(" | ").map((layer) => ({ paths: layer.split(" ").map(path) }));
  const closure: Closure = new Map(
    text.replaceAll(" |", "").split(" ").map((name) => [path(name), {
      references: [],
      narSize: SIZES[name]!,
    }]),
  );
  return { closure, layers };
}

const cost = (before: string, after: string) => updateCost(planned(before), planned(after));

Deno.test("updateCost() counts layers that are not there, and all above the lowest of them", () => {
  assert.deepEqual(cost("a1 b1 | c1", "a1 b1 | c1"), { pulled: 0, least: 0, chain: 0 });
  // b is new; c stays a layer, but lies above it.
  assert.deepEqual(cost("a1 b1 | c1", "a1 b2 | c1"), { pulled: 21, least: 20, chain: 121 });
  assert.deepEqual(cost("c1 | a1 b1", "c1 | a1 b2"), { pulled: 21, least: 20, chain: 21 });
  assert.deepEqual(cost("c1 | a1 | b1", "c1 | a1 | b2"), { pulled: 20, least: 20, chain: 20 });
});

Deno.test("updateCost() takes no notice of what is gone", () => {
  assert.deepEqual(cost("a1 | c1", "a1"), { pulled: 0, least: 0, chain: 0 });
  assert.deepEqual(cost("a1 | c1", "c1"), { pulled: 0, least: 0, chain: 100 });
  assert.deepEqual(cost("a1 d1 | c1", "a1 | c1"), { pulled: 1, least: 0, chain: 101 });
});

Deno.test("updateCost() takes layers in another order for the same, but not for the same chain", () => {
  assert.deepEqual(cost("a1 | b1 | c1", "a1 | c1 | b1"), { pulled: 0, least: 0, chain: 110 });
  assert.deepEqual(cost("a1 b1", "b1 a1"), { pulled: 11, least: 0, chain: 11 });
});

Deno.test("checkPlan() refuses plans that are none", () => {
  const { closure } = planned("a1 | b1 | c1");
  const plan = (text: string) => ({ closure, layers: planned(text).layers });
  checkPlan(plan("b1 | c1 a1"), 2);
  assert.throws(() => checkPlan(plan("a1 | b1 | c1"), 2), /3 layers, where 2/);
  assert.throws(() => checkPlan(plan("a1 | b1"), 3), /3 paths in the closure, 2 in layers/);
  assert.throws(() => checkPlan(plan("a1 | b1 b1"), 3), /3 paths in the closure, 3 in layers/);
  assert.throws(() => checkPlan(plan("a1 | b1 d1"), 3), /Not in the closure: .*-d/);
});

Deno.test("summarise() gives parts of the image", () => {
  const costs = [16, 0, 48, 32].map((pulled) => ({ pulled, least: pulled / 2, chain: 2 * pulled }));
  assert.deepEqual(summarise(costs, 128), {
    mean: 0.1875,
    median: 0.125,
    percentile90: 0.375,
    waste: 0.09375,
    chain: 0.375,
  });
  const ten = Array.from({ length: 10 }, (_, index) => ({ pulled: index, least: 0, chain: 0 }));
  assert.equal(summarise(ten, 10).percentile90, 0.8);
});

Deno.test("meanSummary() takes the mean of each number", () => {
  const of = (value: number) => ({
    mean: value,
    median: 2 * value,
    percentile90: 3 * value,
    waste: 4 * value,
    chain: 5 * value,
    layers: 6 * value,
    milliseconds: 7 * value,
  });
  assert.deepEqual(meanSummary([of(1), of(3)]), of(2));
});
