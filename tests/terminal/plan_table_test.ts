import assert from "node:assert/strict";
import type { PlanDescription } from "../../src/image/plan_description.ts";
import { planTable } from "../../src/terminal/plan_table.ts";
import { storePath } from "../support/store_paths.ts";

const [libc, git, zlib] = [storePath("libc-2.39"), storePath("git-2.45"), storePath("zlib-1.3")];

const CLOSURE: PlanDescription = {
  strategy: "updates",
  limit: 20,
  size: 46_500_000,
  layers: [
    { paths: [libc], size: 30_000_000, reason: "libc-2.39 alone" },
    { paths: [git, zlib], size: 16_500_000, reason: "git-2.45 with 1 path it uses" },
  ],
};

Deno.test("planTable() has a line for each layer, and what they are together", () => {
  assert.equal(
    planTable(CLOSURE),
    `LAYER     SIZE  PATHS  STORE PATHS        WHY
    1  30.0 MB      1  libc-2.39          libc-2.39 alone
    2  16.5 MB      2  git-2.45 zlib-1.3  git-2.45 with 1 path it uses
2 layers, 3 store paths, 46.5 MB
`,
  );
});

Deno.test("planTable() has the layers below and above the store paths of an image", () => {
  const base = {
    path: "/base.tar",
    name: "alpine:3",
    configDigest: "sha256:1",
    layers: [{ diffId: "sha256:2", size: 7_000_000 }],
  };
  const image = { ...CLOSURE, repoTag: "app:1", type: "layered" as const, base };
  const lines = (topLayer: NonNullable<PlanDescription["topLayer"]>) =>
    planTable({ ...image, topLayer }).split("\n").map((line) => line.replaceAll(/ {2,}/g, "  "));
  assert.deepEqual(lines({ contents: [git] }), [
    "LAYER  SIZE  PATHS  STORE PATHS  WHY",
    "  1  7.0 MB  layer 1 of alpine:3  base image",
    "  2  30.0 MB  1  libc-2.39  libc-2.39 alone",
    "  3  16.5 MB  2  git-2.45 zlib-1.3  git-2.45 with 1 path it uses",
    "  4  links to 1 contents  top layer",
    "app:1: 4 layers, 3 store paths, 53.5 MB",
    "",
  ]);
  assert.equal(
    lines({ contents: [], size: 5000 })[4],
    "  4  5.0 kB  all that is not in the store  top layer",
  );
});

Deno.test("planTable() explains: all paths, how often layers change, what others would cost", () => {
  const text = planTable({
    ...CLOSURE,
    layers: [
      { ...CLOSURE.layers[0]!, sizes: [30_000_000], share: 0.05 },
      { ...CLOSURE.layers[1]!, sizes: [16_000_000, 500_000], share: 1 },
    ],
    expected: {
      repull: 18_000_000.4,
      chain: 18_500_000,
      least: 17_000_000,
      strategies: [{ strategy: "auto", layers: 20, repull: 40_000_000, chain: 46_500_000 }],
    },
  });
  assert.equal(
    text,
    `LAYER      SIZE  PATHS  CHANGES  STORE PATHS  WHY
    1   30.0 MB      1    5.0 %               libc-2.39 alone
        30.0 MB                    libc-2.39
    2   16.5 MB      2  100.0 %               git-2.45 with 1 path it uses
        16.0 MB                    git-2.45
       500.0 kB                    zlib-1.3
2 layers, 3 store paths, 46.5 MB

Expected of an update in the mean, with room for 20 layers:
                     LAYERS   PULLED           RELOADED
this plan (updates)       2  18.0 MB   38.7 %   18.5 MB   39.8 %
auto                     20  40.0 MB   86.0 %   46.5 MB  100.0 %
all in one layer          1  46.5 MB  100.0 %   46.5 MB  100.0 %
No plan pulls less than 17.0 MB.
`,
  );
});

Deno.test("planTable() says what an update moves", () => {
  const text = planTable({
    ...CLOSURE,
    layers: [
      { ...CLOSURE.layers[0]!, change: "kept" },
      { ...CLOSURE.layers[1]!, change: "changed" },
    ],
    update: {
      from: "app-1.tar\u001b[31m",
      kept: 1,
      changed: 1,
      added: 0,
      removed: 2,
      repull: 16_500_000,
      chain: 46_500_000,
      least: 16_000_000,
      total: 46_500_000,
    },
  });
  assert.equal(
    text,
    `LAYER     SIZE  PATHS  UPDATE   STORE PATHS        WHY
    1  30.0 MB      1  kept     libc-2.39          libc-2.39 alone
    2  16.5 MB      2  changed  git-2.45 zlib-1.3  git-2.45 with 1 path it uses
2 layers, 3 store paths, 46.5 MB

Update from app-1.tar?[31m: 1 layer kept, 1 changed, 0 added, 2 gone
To a registry: 16.5 MB of 46.5 MB (35.5 %); 16.0 MB are new paths
To an overlay store: 46.5 MB of 46.5 MB (100.0 %)
`,
  );
});

Deno.test("planTable() divides nothing by nothing", () => {
  const text = planTable({
    size: 0,
    layers: [],
    expected: { repull: 0, chain: 0, least: 0, strategies: [] },
    update: {
      from: "x",
      kept: 0,
      changed: 0,
      added: 0,
      removed: 0,
      repull: 0,
      chain: 0,
      least: 0,
      total: 0,
    },
  });
  assert.doesNotMatch(text, /NaN|Infinity/);
});
