import assert from "node:assert/strict";
import { configChanges } from "../../src/image/config_changes.ts";
import type { JsonObject } from "../../src/spec/image_spec.ts";

function changes(from: JsonObject, to: JsonObject) {
  return configChanges(from, to).map(({ path, from, to }) => [path.join("/"), from, to]);
}

Deno.test("configChanges() compares variables, labels and ports one by one", () => {
  const from = {
    Env: ["A=1", "B=2", "C=x=y", "D"],
    Labels: { "a.b": "1", c: "2" },
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
  };
  const to = {
    Env: ["C=x=z", "B=2", "A=1", "E="],
    Labels: { "a.b": "3", c: "2" },
    ExposedPorts: { "80/tcp": {}, "8080/tcp": {} },
  };
  assert.deepEqual(changes({ config: from }, { config: to }), [
    ["config/Env/C", "x=y", "x=z"],
    ["config/Env/D", "", null],
    ["config/Labels/a.b", "1", "3"],
    ["config/ExposedPorts/443/tcp", {}, null],
    ["config/Env/E", null, ""],
    ["config/ExposedPorts/8080/tcp", null, {}],
  ]);
});

Deno.test("configChanges() compares all else as a whole, but layers", () => {
  const from = { created: "1", os: "linux", config: { Cmd: ["a", "b"] }, rootfs: { diff_ids: [] } };
  const to = { created: "2", os: "linux", config: { Cmd: ["a"] }, rootfs: { diff_ids: ["x"] } };
  assert.deepEqual(changes(from, to), [
    ["created", "1", "2"],
    ["config/Cmd", ["a", "b"], ["a"]],
  ]);
});

Deno.test("configChanges() takes null and what is empty for missing, and objects in any order", () => {
  const from = { config: { Cmd: null, Env: [], Labels: {}, User: "", Volumes: null }, history: [] };
  assert.deepEqual(changes(from, { config: null }), []);
  const [one, two] = [{ Test: ["a"], Retries: 1 }, { Retries: 1, Test: ["a"] }];
  assert.deepEqual(changes({ x: one }, { x: two }), []);
});

Deno.test("configChanges() takes configs that are not as they should be", () => {
  const from = { config: { Env: [1, null, { a: 1 }, "A=1"], Labels: ["x"] } };
  const to = { config: { Env: "A=1", Labels: "x" } };
  assert.deepEqual(changes(from, to), [
    ["config/Env/1", 1, null],
    ['config/Env/{"a":1}', { a: 1 }, null],
    ["config/Env/A", "1", null],
    ["config/Labels", ["x"], "x"],
    ["config/Env", null, "A=1"],
  ]);
});
