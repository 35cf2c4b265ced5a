import assert from "node:assert/strict";
import fc from "fast-check";
import { planLayers } from "../../src/layering/layering.ts";
import { LAYERING_STRATEGIES } from "../../src/layering/strategies.ts";
import { closureOf, closures, shuffled } from "./closures.ts";

const limits = fc.integer({ min: 1, max: 16 });

for (const strategy of LAYERING_STRATEGIES) {
  Deno.test(`planLayers() puts each path into one of at most limit layers: ${strategy}`, () => {
    fc.assert(
      fc.property(closures, limits, (closure, limit) => {
        const layers = planLayers(closure, { strategy, limit });
        assert.ok(layers.length <= limit);
        assert.ok(layers.every(({ paths }) => paths.length > 0));
        assert.deepEqual(
          layers.flatMap(({ paths }) => paths).sort(),
          [...closure.keys()].sort(),
        );
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`planLayers() does not depend on the order of its input: ${strategy}`, () => {
    const cases = closures.chain((closure) => fc.tuple(fc.constant(closure), shuffled(closure)));
    fc.assert(
      fc.property(cases, limits, ([closure, other], limit) => {
        assert.deepEqual(
          planLayers(other, { strategy, limit }),
          planLayers(closure, { strategy, limit }),
        );
      }),
      { numRuns: 300 },
    );
  });

  Deno.test(`planLayers() gives no layers for an empty closure: ${strategy}`, () => {
    assert.deepEqual(planLayers(new Map(), { strategy, limit: 5 }), []);
  });

  Deno.test(`planLayers() gives one layer for the limit 1: ${strategy}`, () => {
    const closure = closureOf({ a: "c", b: "c", c: "", d: "" });
    assert.equal(planLayers(closure, { strategy, limit: 1 }).length, 1);
  });

  Deno.test(`planLayers() refuses a limit that leaves no layer: ${strategy}`, () => {
    for (const limit of [0, -1, 1.5, NaN]) {
      assert.throws(() => planLayers(new Map(), { strategy, limit }), RangeError);
    }
  });
}

Deno.test("planLayers() refuses a closure that lacks a path", () => {
  const whole = closureOf({ a: "b", b: "" });
  const broken = new Map([...whole].slice(0, 1));
  assert.throws(() => planLayers(broken, { strategy: "auto", limit: 5 }), /lacks .*-b, which .*-a/);
});
