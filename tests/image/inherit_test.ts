import assert from "node:assert/strict";
import fc from "fast-check";
import { inheritedConfig } from "../../src/image/inherit.ts";
import {
  INHERITED_FIELDS,
  type InheritedField,
  type JsonObject,
} from "../../src/spec/image_spec.ts";
import { askPython } from "../support/python.ts";

const inherit = (
  base: JsonObject,
  own: JsonObject,
  fields: readonly InheritedField[] = INHERITED_FIELDS,
) => inheritedConfig(base, own, fields);

Deno.test("inheritedConfig() puts variables on those of the base as nixpkgs does", async () => {
  const variable = fc.tuple(
    fc.constantFrom("A", "B", "PATH", "", "__proto__", "é"),
    fc.constantFrom("", "=", "=1", "=2=3"),
  ).map((parts) => parts.join(""));
  const cases = fc.sample(fc.tuple(fc.array(variable), fc.array(variable)), {
    numRuns: 200,
    seed: 1,
  });
  const expected = await askPython<string[][]>("overlay_env.py", cases);
  assert.equal(expected.length, 200);
  for (const [index, [base, own]] of cases.entries()) {
    const { Env } = inheritedConfig({ Env: base }, { Env: own }, ["Env"]);
    assert.deepEqual(Env, expected[index], JSON.stringify([base, own]));
  }
});

Deno.test("inheritedConfig() adds no variables where there are none", () => {
  for (const base of [{}, { Env: null }, { Env: [] }]) {
    for (const own of [{}, { Env: null }, { Env: [] }, { Cmd: ["sh"] }]) {
      assert.deepEqual(inherit(base, own), own);
    }
    assert.deepEqual(inherit(base, { Env: ["A=1"] }), { Env: ["A=1"] });
  }
  assert.deepEqual(inherit({ Env: ["A=1"] }, { Env: null }), { Env: ["A=1"] });
});

Deno.test("inheritedConfig() takes the chosen fields alone", () => {
  const base = {
    Env: ["A=1"],
    Entrypoint: ["/init"],
    Cmd: ["-x"],
    WorkingDir: "/data",
    User: "1000",
    Labels: { a: "1" },
    ExposedPorts: { "80/tcp": {} },
    Volumes: { "/data": {} },
  };
  const others = { Shell: ["/bin/sh"], StopSignal: "SIGINT", OnBuild: null, Hostname: "" };
  assert.deepEqual(inherit({ ...base, ...others }, {}), base);
  assert.deepEqual(inherit({ ...base, ...others }, { StopSignal: "SIGQUIT" }, []), {
    StopSignal: "SIGQUIT",
  });
  for (const field of INHERITED_FIELDS) {
    assert.deepEqual(inherit({ ...base, ...others }, {}, [field]), { [field]: base[field] });
  }
});

Deno.test("inheritedConfig() merges labels, ports and volumes by key, the image's own winning", () => {
  const base = JSON.parse(
    '{"Labels": {"a": "1", "b": "1", "__proto__": "1"}, "ExposedPorts": {"80/tcp": {}},' +
      '"Volumes": {"/data": null}}',
  );
  const own = {
    Labels: { b: "2", c: "2" },
    ExposedPorts: { "443/tcp": {}, "80/tcp": {} },
    Volumes: null,
  };
  assert.equal(
    JSON.stringify(inherit(base, own)),
    '{"Labels":{"a":"1","b":"2","__proto__":"1","c":"2"},' +
      '"ExposedPorts":{"80/tcp":{},"443/tcp":{}},"Volumes":{"/data":null}}',
  );
});

Deno.test("inheritedConfig() takes no Cmd for another Entrypoint, as Docker's builds do", () => {
  const base = { Entrypoint: ["/init"], Cmd: ["-x"], User: "nobody", WorkingDir: "/" };
  const own = { User: "", WorkingDir: "/app" };
  assert.deepEqual(inherit(base, own), { ...base, ...own });
  assert.deepEqual(inherit(base, { Cmd: ["-y"] }), { ...base, Cmd: ["-y"] });
  const { Cmd: _, ...without } = base;
  assert.deepEqual(inherit(base, { Entrypoint: ["/app"] }), { ...without, Entrypoint: ["/app"] });
  assert.deepEqual(inherit(base, { Entrypoint: [] }), { ...without, Entrypoint: [] });
  const both = { Entrypoint: ["/app"], Cmd: ["-z"] };
  assert.deepEqual(inherit(base, both), { ...base, ...both });
  assert.deepEqual(inherit(base, { Entrypoint: null, Cmd: null }), base);
});

Deno.test("inheritedConfig() counts null in a base as nothing", () => {
  const nulls = Object.fromEntries(INHERITED_FIELDS.map((field) => [field, null]));
  assert.deepEqual(inherit(nulls, { Labels: { a: "1" }, Tty: true }), {
    Labels: { a: "1" },
    Tty: true,
  });
});

Deno.test("inheritedConfig() says what is wrong with the config of a base", () => {
  for (
    const [base, ...lines] of [
      [{ Env: {} }, "config.Env: expected an array of strings, found {}"],
      [{ Env: "A=1" }, 'config.Env: expected an array of strings, found "A=1"'],
      [
        { Env: [1, "A=1", null], Labels: [] },
        "config.Env[0]: expected a string, found 1",
        "config.Env[2]: expected a string, found null",
        "config.Labels: expected an object of strings, found []",
      ],
      [{ Labels: { "a.b": 1 } }, 'config.Labels["a.b"]: expected a string, found 1'],
      [
        { ExposedPorts: ["80"] },
        'config.ExposedPorts: expected an object such as {"KEY": {}}, found ["80"]',
      ],
      [{ Volumes: { "/x": 1 } }, 'config.Volumes["/x"]: expected {}, found 1'],
      [{ User: 0 }, "config.User: expected a string, found 0"],
      [{ WorkingDir: ["/"] }, 'config.WorkingDir: expected a string, found ["/"]'],
      [{ Cmd: "sh" }, 'config.Cmd: expected an array of strings, found "sh"'],
      [{ Entrypoint: [[]] }, "config.Entrypoint[0]: expected a string, found []"],
    ] as [JsonObject, ...string[]][]
  ) {
    assert.throws(() => inherit(base, {}), {
      name: "ImageError",
      message: lines.map((line) => `The base image: ${line}`).join("\n"),
    });
    assert.deepEqual(inherit(base, { Tty: true }, []), { Tty: true });
  }
});
