import assert from "node:assert/strict";
import fc from "fast-check";
import { heldChains, heldDigests } from "../../src/sinks/held_layers.ts";
import { SEED } from "../support/samples.ts";

Deno.test("heldChains() leaves out what an image has from the lowest layer on, and no more", () => {
  const held = heldChains([["a", "b", "c"], ["a", "x", "d", "e"], []]);
  const cases: [(string | undefined)[], string[]][] = [
    [["a", "b", "c"], ["a", "b", "c"]],
    [["a", "b", "c", "d"], ["a", "b", "c"]],
    [["a", "b"], ["a", "b"]],
    [["a", "x", "c"], ["a", "x"]],
    // Each is there, and none on those below it.
    [["b", "c"], []],
    [["n", "a", "b", "c"], []],
    [["a", undefined, "c"], ["a"]],
    [[undefined, "b"], []],
    [[], []],
    // The same layer again, on others.
    [["a", "b", "a"], ["b"]],
  ];
  for (const [diffIds, expected] of cases) assert.deepEqual([...held(diffIds)], expected);
  assert.deepEqual([...heldChains([])(["a"])], []);
});

Deno.test("heldChains() leaves no layer out that is needed on a chain that is not there", () => {
  const ids = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(ids, { maxLength: 4 }), ids, (images, diffIds) => {
      const chains = new Set(
        images.flatMap((own) => own.map((_, n) => own.slice(0, n + 1).join())),
      );
      const left = heldChains(images)(diffIds);
      const needed = diffIds.filter((_, n) => !chains.has(diffIds.slice(0, n + 1).join()));
      assert.deepEqual(
        [...left].sort(),
        [...new Set(diffIds)].filter((id) => !needed.includes(id)).sort(),
      );
    }),
    { seed: SEED, numRuns: 2000 },
  );
});

Deno.test("heldDigests() leaves out each layer that is there, wherever it is", () => {
  const held = heldDigests(["a", "b", undefined]);
  assert.deepEqual([...held(["n", "b", undefined, "a", "b"])].sort(), ["a", "b"]);
  assert.deepEqual([...held(["n"])], []);
});
