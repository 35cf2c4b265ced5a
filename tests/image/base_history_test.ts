import assert from "node:assert/strict";
import { historyOnBase } from "../../src/image/base_history.ts";

const created = "2024-01-02T03:04:05Z";
const own = [{ created: "1970-01-01T00:00:01+00:00", comment: "top layer: []" }];
const base = { created, name: "alpine:3" };

Deno.test("historyOnBase() keeps the history of a base that has an entry for each layer", () => {
  const history = [
    { created, created_by: "ADD file", vendor: { x: 1 } },
    { created_by: "CMD sh", empty_layer: true },
    { created, created_by: "RUN true", empty_layer: false },
  ];
  assert.deepEqual(historyOnBase({ ...base, history, layerCount: 2 }, own), [...history, ...own]);
  const empty = [{ empty_layer: true }];
  assert.deepEqual(historyOnBase({ ...base, history: empty, layerCount: 0 }, own), [
    ...empty,
    ...own,
  ]);
});

Deno.test("historyOnBase() makes a history of one entry a layer for a base whose own does not fit", () => {
  for (const history of [[], [{}], [{}, {}, {}], [{}, {}, { empty_layer: "true" }]]) {
    assert.deepEqual(historyOnBase({ ...base, history, layerCount: 2 }, own), [
      { created, comment: "layer 1 of 2 of alpine:3" },
      { created, comment: "layer 2 of 2 of alpine:3" },
      ...own,
    ]);
  }
});
