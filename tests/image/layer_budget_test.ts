import assert from "node:assert/strict";
import { LayerBudget } from "../../src/image/layer_budget.ts";
import type { LayerTarget } from "../../src/layering/targets.ts";
import type { ImageSpec } from "../../src/spec/image_spec.ts";
import { DEFAULTS } from "../support/specs.ts";

function budget(changes: Partial<ImageSpec>, layers: number, target?: LayerTarget) {
  const base = {
    path: "/base.tar",
    name: "debian:12",
    configDigest: "",
    layers: Array.from({ length: layers }, () => ({ diffId: "", size: 1 })),
  };
  return LayerBudget.of({ ...DEFAULTS, name: "app", ...changes }, base, target);
}

Deno.test("LayerBudget counts the base image's layers and the top layer", () => {
  assert.equal(budget({}, 3).left, 96);
  assert.equal(budget({ maxLayers: 125 }, 3).left, 121);
  assert.equal(budget({ layeringPipeline: [] }, 3).left, 121);
  assert.equal(budget({}, 3, "aufs").left, 38);
  assert.equal(budget({ layeringPipeline: [] }, 3, "aufs").left, 38);
  assert.equal(budget({}, 3, "registry").left, 96);
  assert.equal(budget({ maxLayers: 4 }, 3).left, 0);
});

Deno.test("LayerBudget tells which layers use too many", () => {
  assert.throws(() => budget({ maxLayers: 3 }, 3), {
    message: "maxLayers: 3 are too few: debian:12 has 3, and the top layer is another one",
  });
  assert.equal(
    budget({ maxLayers: 4 }, 3).tooFew("store paths need at least one").message,
    "maxLayers: 4 are too few: debian:12 has 3, the top layer is another one, and store paths " +
      "need at least one",
  );
  assert.throws(() => budget({}, 42, "aufs"), {
    message:
      "--target aufs: 42 layers are too few: debian:12 has 42, and the top layer is another one",
  });
  const groups = ["a", "b"].map((name) => ({ name, paths: ["*"], closure: false }));
  assert.throws(() => budget({ maxLayers: 100, groups }, 3, "aufs"), {
    message: "maxLayers: 100 are more than the 42 that the target aufs takes: debian:12 has 3, " +
      "the top layer is another one, 2 groups need 2, which leaves 36 for other store paths",
  });
});

Deno.test("LayerBudget holds images of type single to the limit of a target alone", () => {
  assert.equal(budget({ type: "single" }, 130).left, -6);
  assert.equal(budget({ type: "single" }, 41, "aufs").left, 0);
  assert.throws(
    () => budget({ type: "single" }, 42, "aufs"),
    /^UsageError: --target aufs: 42 layers/,
  );
});
