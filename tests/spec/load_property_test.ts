import assert from "node:assert/strict";
import fc from "fast-check";
import { UsageError } from "../../src/errors.ts";
import { loadSpec } from "../../src/spec/load.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

/** Loads `bytes`; checks what is thrown, or the promises that every loaded spec keeps. */
async function loadOrUsageError(bytes: Uint8Array): Promise<void> {
  let loaded;
  try {
    loaded = await loadSpec({ source: "-", readStdin: () => Promise.resolve(bytes) });
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    const lines = error.message.split("\n");
    assert.ok(
      lines.every((line) =>
        /^standard input: .*(expected |unknown field|unknown operation|nested |only for |you can not )/
          .test(line)
      ),
      error.message,
    );
    assert.equal(new Set(lines).size, lines.length);
    return;
  }
  const { spec } = loaded;
  assert.equal(spec.name, spec.name.toLowerCase());
  const { maxLayers } = spec;
  assert.ok(maxLayers === null || (maxLayers >= 2 && maxLayers <= 125));
  assert.ok(
    [...spec.contents, ...spec.copyToRoot].every(({ kind, path }) =>
      path.startsWith(kind === "store" ? "/nix/store/" : "/")
    ),
  );
  assert.ok(Object.values(spec).every((value) => value !== undefined));
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("loadSpec() fails with a UsageError alone, whatever JSON it reads", async () => {
  await fc.assert(fc.asyncProperty(fc.jsonValue(), (value) => loadOrUsageError(encode(value))));
});

Deno.test("loadSpec() fails with a UsageError alone, whatever its fields hold", async () => {
  const strange = fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.double());
  const or = (...right: unknown[]) => fc.oneof(fc.constantFrom(...right), strange);
  const config = fc.record({
    Env: or(["A=1"], null),
    Cmd: or(["sh"], null),
    ExposedPorts: or({ "80/tcp": {} }),
    Labels: or({ a: "b" }),
    User: or("root"),
    Healthcheck: fc.oneof(
      fc.record({ Test: or(["NONE"]), Interval: or(1e9) }, { requiredKeys: [] }),
      strange,
    ),
  }, { requiredKeys: [] });
  const spec = fc.record({
    name: or("app", "host:1/app"),
    tag: or("1", null),
    contents: or([], `/nix/store/${HASH}-a`, ["/nix/store/a"], ["\0"], ["nowhere/.."]),
    type: or("layered", "single"),
    copyToRoot: or(null, `/nix/store/${HASH}-a`, ["nowhere"]),
    keepContentsDirlinks: or(true),
    fromImage: fc.oneof(
      fc.record({
        path: or(".", `/nix/store/${HASH}-a`),
        name: or("alpine", null),
        tag: or("3", null),
        platform: or("linux/arm64/v8", null),
      }, { requiredKeys: ["path"] }),
      or(null, ".", "nowhere", "\0"),
    ),
    fromImageName: or(null, "alpine"),
    fromImageTag: or(null, "3"),
    inherit: or([], ["Env", "User"], ["Env", "Env"]),
    annotations: or({ a: "b" }),
    helpers: or([], ["binSh"], ["binSh", "binSh"]),
    fakeNss: or({}, { extraGroupLines: ["a:x:1:"] }),
    files: or([], [{ type: "file", path: "/a", text: "" }], [{ type: "directory" }], [null]),
    absentStorePaths: or([], [`/nix/store/${HASH}-a`]),
    extraCommands: or("true"),
    shell: or(null, "/bin/sh", "\0"),
    path: or(null, ["bin"], ["\ud800"]),
    permissions: fc.oneof(
      fc.array(fc.record({
        path: or("/**"),
        type: or("file", "directory"),
        uid: or(1),
        mode: or("755"),
        xattrs: fc.oneof(
          fc.dictionary(fc.constantFrom("user.a", "security.capability", "a", ""), or("")),
          strange,
        ),
        capabilities: or("all=ep"),
      }, { requiredKeys: ["path"] })),
      strange,
    ),
    config: fc.oneof(config, strange),
    architecture: or("amd64", "aarch64-linux"),
    variant: or("v8", null),
    created: or("now", "@5"),
    mtime: or("now", "2020-01-01"),
    uid: or(0, 1000),
    gid: or(0, 1000),
    uname: or("root"),
    gname: or("root"),
    maxLayers: or(2, 100),
    includeStorePaths: or(true, false),
    layering: or("auto"),
    layeringPipeline: fc.oneof(
      fc.array(fc.oneof(
        fc.tuple(fc.constantFrom("reverse", "limit_layers", "map", "over", "pipe"), strange),
        strange,
      )),
      strange,
    ),
    groups: fc.oneof(
      fc.array(fc.record({ name: or("a"), paths: or(["*"]), closure: or(true) })),
      strange,
    ),
    [`__proto${"__"}`]: strange,
  }, { requiredKeys: ["name"] });
  await fc.assert(fc.asyncProperty(spec, (value) => loadOrUsageError(encode(value))), {
    numRuns: 500,
  });
});

Deno.test("loadSpec() fails with a UsageError alone, whatever bytes it reads", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array(), loadOrUsageError));
  const text = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ue1-.0 \n', "true", "null") });
  await fc.assert(
    fc.asyncProperty(text, (text) => loadOrUsageError(new TextEncoder().encode(text))),
    { numRuns: 500 },
  );
});

Deno.test("loadSpec() has a line for each field that is wrong, and for no other", async () => {
  const good = {
    name: "app",
    compressor: "gz",
    helpers: ["binSh"],
    permissions: [],
    path: null,
    tag: "1",
    uid: 1,
    gid: 2,
    maxLayers: 9,
    layering: "auto",
    groups: [],
    mtime: "@1",
  };
  const bad = {
    compressor: 1,
    helpers: 1,
    permissions: 1,
    path: "/",
    name: "/",
    tag: "/",
    uid: -1,
    gid: {},
    maxLayers: "9",
    layering: [],
    groups: 1,
    mtime: "@-1",
  };
  const fields = Object.keys(good);
  await fc.assert(fc.asyncProperty(fc.subarray(fields), async (wrong) => {
    const chosen = Object.entries(bad).filter(([field]) => wrong.includes(field));
    const bytes = encode({ ...good, ...Object.fromEntries(chosen) });
    const message = await loadSpec({ source: "-", readStdin: () => Promise.resolve(bytes) })
      .then(() => "", (error: Error) => error.message);
    const named = [...message.matchAll(/^standard input: (\w+): /gm)].map(([, field]) => field);
    assert.deepEqual(named.toSorted(), wrong.toSorted());
  }));
});
