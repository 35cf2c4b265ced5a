import assert from "node:assert/strict";
import { planInHistory, planInJson } from "../../src/image/earlier_plan.ts";
import { storePath } from "../support/store_paths.ts";

const [A, B, C] = [storePath("a-1"), storePath("b-2"), storePath("c")];
const TOP = storePath("app-customisation-layer");
const DIGESTS = ["sha256:1", "sha256:2", "sha256:3"];

const comments = (...texts: string[]) => texts.map((comment) => ({ created: "now", comment }));

Deno.test("planInHistory() finds the store paths of layers, lowest first", () => {
  const history = comments(
    `store paths: ['${A}', '${B}']`,
    `store paths: ['${C}']`,
    "top layer: []",
  );
  assert.deepEqual(planInHistory(history, DIGESTS), [
    { paths: [A, B], diffId: "sha256:1" },
    { paths: [C], diffId: "sha256:2" },
    { paths: [], diffId: "sha256:3" },
  ]);
});

Deno.test("planInHistory() takes neither base layers nor the top layer of nixpkgs for store paths", () => {
  const history = comments(
    "store paths: ['0123abc/layer.tar']",
    `store paths: ['${A}']`,
    `store paths: ['${TOP}']`,
  );
  assert.deepEqual(planInHistory(history, DIGESTS).map(({ paths }) => paths), [[], [A], []]);
});

Deno.test("planInHistory() passes over steps without a layer", () => {
  const history = [
    { created_by: "ADD file", comment: "" },
    { created_by: "CMD", empty_layer: true },
    ...comments(`store paths: ['${A}']`, `top layer: ['${A}']`),
  ];
  assert.deepEqual(planInHistory(history, DIGESTS).map(({ diffId, paths }) => [diffId, paths]), [
    ["sha256:1", []],
    ["sha256:2", [A]],
    ["sha256:3", []],
  ]);
});

Deno.test("planInHistory() finds the store paths where the history does not fit the layers", () => {
  const history = comments(`store paths: ['${A}']`, `store paths: ['${B}', '${C}']`);
  assert.deepEqual(planInHistory(history, DIGESTS), [{ paths: [A] }, { paths: [B, C] }]);
  assert.deepEqual(planInHistory([], DIGESTS), []);
});

Deno.test("planInHistory() finds nothing in comments of another form", () => {
  for (
    const comment of [
      `store paths: ["${A}"]`,
      `store paths: ['${A}', 'relative']`,
      `store paths: ['${A}'`,
      `store paths: ['${A}\\', '${B}']`,
      `Store paths: ['${A}']`,
      "store paths: []",
      7,
      null,
      ["store paths"],
    ]
  ) {
    const found = planInHistory([{ comment }], ["sha256:1"]);
    assert.deepEqual(found, [{ paths: [], diffId: "sha256:1" }], JSON.stringify(comment));
  }
});

Deno.test("planInJson() takes what plan --json prints, base layers first", () => {
  const layers = [
    { paths: [A, B], size: 3, reason: "", narHashes: ["sha256:a", "sha256:b"] },
    { paths: [C], size: 1, reason: "", narHashes: ["one", "too many"] },
  ];
  const base = { name: "below", layers: [{ diffId: "sha256:0", size: 7 }] };
  assert.deepEqual(planInJson({ layers, base }), [
    { paths: [], diffId: "sha256:0" },
    { paths: [A, B], narHashes: ["sha256:a", "sha256:b"] },
    { paths: [C] },
  ]);
  assert.deepEqual(planInJson({ layers: [] }), []);
});

Deno.test("planInJson() does not take other JSON for a plan", () => {
  const others = [
    null,
    7,
    [],
    [{ path: A, narSize: 1, references: [] }],
    {},
    { layers: {} },
    { layers: [A] },
    { layers: [{ paths: A }] },
    { layers: [{ paths: [A, "/nix/store/x"] }] },
    { layers: [{ paths: [A] }], base: { layers: [{}] } },
    { layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: "", size: 1 }] },
  ];
  for (const json of others) assert.equal(planInJson(json), undefined, JSON.stringify(json));
});
