import assert from "node:assert/strict";
import fc from "fast-check";
import type { ImagePlan } from "../../src/image/image_plan.ts";
import { planImage } from "../../src/image/plan.ts";
import { imageOf } from "../../src/image/planned_image.ts";
import type { ImageSpec } from "../../src/spec/image_spec.ts";
import type { Closure } from "../../src/store/closure.ts";
import { closuresWithin } from "../../src/store/graph_file.ts";
import { closureOfNames, storePath } from "../support/store_paths.ts";
import { inDirectory, makeFiles } from "../support/directories.ts";
import { DEFAULTS, fromStore } from "../support/specs.ts";

const GRAPH = closureOfNames({
  app: ["lib", "data"],
  lib: ["libc"],
  libc: [],
  data: [],
  shell: ["libc"],
  other: [],
});
const source = closuresWithin(GRAPH);

const SPEC: ImageSpec = {
  ...DEFAULTS,
  name: "example/app",
  contents: fromStore(storePath("app")),
  config: { Cmd: ["/bin/app"], Labels: { a: "1", b: "2" } },
};

const plan = (changes: Partial<ImageSpec> = {}, options = {}) =>
  planImage({ ...SPEC, ...changes }, { source, ...options });

const pathsOf = ({ layers }: ImagePlan) => layers.flatMap(({ paths }) => paths).sort();

const paths = (...names: string[]) => names.map((name) => storePath(name)).sort();

Deno.test("planImage() takes the closures of the contents and of what the config mentions", async () => {
  assert.deepEqual(pathsOf(await plan()), paths("app", "data", "lib", "libc"));
  assert.deepEqual(
    pathsOf(
      await plan({
        contents: fromStore(`${storePath("data")}/share`),
        config: { Entrypoint: [`${storePath("shell")}/bin/sh`] },
      }),
    ),
    paths("data", "libc", "shell"),
  );
  assert.deepEqual(pathsOf(await plan({ contents: [], config: {} })), []);
});

Deno.test("planImage() takes over the hashes of a layer's paths, if all of them are known", async () => {
  const hashed = (without?: string) =>
    closuresWithin(
      new Map([...GRAPH].map(([path, info]) => [
        path,
        path === without ? info : { ...info, narHash: `sha256:${path}` },
      ])),
    );
  const { layers } = await plan({ maxLayers: 3 }, { source: hashed() });
  for (const { paths, narHashes } of layers) {
    assert.deepEqual(narHashes, paths.map((path) => `sha256:${path}`));
  }
  const [lacking] = layers[0]!.paths;
  const { layers: [first, ...others] } = await plan({ maxLayers: 3 }, { source: hashed(lacking) });
  assert.equal(first?.narHashes, undefined);
  assert.ok(others.length > 0 && others.every(({ narHashes }) => narHashes !== undefined));
});

Deno.test("planImage() sums the sizes of a layer's paths", async () => {
  const { layers } = await plan({ maxLayers: 2 });
  assert.equal(layers.length, 1);
  const sizes = paths("app", "data", "lib", "libc").map((path) => GRAPH.get(path)!.narSize);
  assert.equal(layers[0]!.size, sizes.reduce((sum, size) => sum + size));
});

Deno.test("scenario 31: planImage() keeps to maxLayers, the top layer included", async () => {
  for (let maxLayers = 2; maxLayers <= 7; maxLayers++) {
    for (const layering of ["auto", "popularity"] as const) {
      const made = await plan({ maxLayers, layering });
      const { image } = await imageOf({ ...made, top: { links: [] } }, new Date());
      assert.ok(image.layers.length <= maxLayers);
      assert.ok(image.layers.length >= 2);
      assert.deepEqual(pathsOf(made), paths("app", "data", "lib", "libc"));
    }
  }
});

Deno.test("planImage() takes wishes for layers before the spec, and tells what was grouped", async () => {
  const seen: unknown[] = [];
  const previous = [{ paths: [storePath("lib")] }];
  const { layers } = await plan({ maxLayers: 3 }, {
    layering: {
      strategy: "popularity",
      previous,
      history: (closure: Closure) => [closure, closure],
    },
    onClosure: (...told: unknown[]) => seen.push(...told),
  });
  assert.match(layers[0]?.reason ?? "", /in popularity$/);
  const closure = await source.closureOf([storePath("app")]);
  assert.deepEqual(seen, [
    closure,
    { strategy: "popularity", limit: 2, previous, history: [closure, closure] },
  ]);
});

Deno.test("planImage() has no store layers without includeStorePaths, whatever is known", async () => {
  const made = await plan({ includeStorePaths: false, contents: fromStore(storePath("unknown")) });
  assert.deepEqual(made.layers, []);
});

Deno.test("planImage() computes a tag of 32 characters of Nix base 32", async () => {
  const { repoTag } = await plan();
  assert.match(repoTag, /^example\/app:[0123456789abcdfghijklmnpqrsvwxyz]{32}$/);
  assert.equal((await plan()).repoTag, repoTag);
});

Deno.test("planImage() computes the same tag for the same image", async () => {
  const { repoTag } = await plan();
  const { Cmd, Labels } = SPEC.config;
  for (
    const same of [
      plan({ config: { Labels: Labels!, Cmd: Cmd! } }),
      plan({ config: { Cmd: Cmd!, Labels: { b: "2", a: "1" } } }),
      plan({ maxLayers: 99 }),
      plan({}, { storeRoot: "/elsewhere" }),
    ]
  ) {
    assert.equal((await same).repoTag, repoTag);
  }
});

Deno.test("planImage() computes another tag for another image", async () => {
  const changes: Partial<ImageSpec>[] = [
    {},
    { contents: fromStore(storePath("app"), storePath("lib")) },
    { contents: fromStore(storePath("lib"), storePath("app")) },
    { contents: fromStore(storePath("other")) },
    { config: { Cmd: ["/bin/app"] } },
    { config: { ...SPEC.config, Labels: { a: "1", b: "3" } } },
    { config: { ...SPEC.config, Labels: { a: "2", b: "1" } } },
    { architecture: "arm64" },
    { created: 2 },
    { created: "now" },
    { mtime: 2 },
    { mtime: "now" },
    { uid: 1 },
    { gid: 1 },
    { uname: "user" },
    { gname: "user" },
    { maxLayers: 2 },
    { maxLayers: 3 },
    { includeStorePaths: false },
  ];
  const tags = await Promise.all(changes.map(async (change) => (await plan(change)).repoTag));
  assert.equal(new Set(tags).size, changes.length);
});

Deno.test("planImage() writes the name in lower case, not the tag", async () => {
  const { repoTag } = await plan({ name: "Registry.example:5000/OnTop", tag: "V1.0-RC" });
  assert.equal(repoTag, "registry.example:5000/ontop:V1.0-RC");
});

Deno.test("planImage() takes a name and tag that are given as they are", async () => {
  const { repoTag } = await plan({ tag: "1" }, { repoTag: "Other/Name:2" });
  assert.equal(repoTag, "Other/Name:2");
});

Deno.test("planImage() names contents that are not known", async () => {
  await assert.rejects(plan({ contents: fromStore(storePath("unknown")) }), {
    name: "MissingPathsError",
    paths: [storePath("unknown")],
  });
});

Deno.test("a plan survives JSON", async () => {
  for (const change of [{}, { created: "now", mtime: "now" }] satisfies Partial<ImageSpec>[]) {
    const made = await plan(change, { storeRoot: "/root" });
    assert.deepEqual(JSON.parse(JSON.stringify(made)), made);
  }
});

Deno.test("imageOf() writes times as Python's isoformat", async () => {
  const createdAt = async (created: number) =>
    (await imageOf({ ...await plan({ contents: [] }), created }, new Date())).image.created;
  assert.equal(await createdAt(1), "1970-01-01T00:00:01+00:00");
  assert.equal(await createdAt(1700000000), "2023-11-14T22:13:20+00:00");
});

Deno.test("scenario 20: imageOf() takes the time it is given for now", async () => {
  const now = new Date("2024-02-29T12:34:56.789Z");
  const whole = new Date("2024-02-29T12:34:56Z");
  const nothing = { contents: [], config: {} };
  const both = await plan({ ...nothing, created: "now", mtime: "now" });
  const { image, mtime } = await imageOf(both, now);
  assert.equal(image.created, "2024-02-29T12:34:56.789000+00:00");
  assert.equal(mtime, 1709210096);
  assert.equal((await imageOf(both, whole)).image.created, "2024-02-29T12:34:56+00:00");
  const fixed = await imageOf(await plan(nothing), now);
  assert.deepEqual([fixed.image.created, fixed.mtime], ["1970-01-01T00:00:01+00:00", 1]);
});

Deno.test("imageOf() puts the layer with the links on top, and passes its notices on", async () => {
  await inDirectory(async (root) => {
    const [app, other] = [storePath("app"), storePath("other")];
    makeFiles(root, { [`${app}/bin/app`]: "", [other]: "a file" });
    const made = await plan({ contents: fromStore(app, other), maxLayers: 2 }, { storeRoot: root });
    const { image, notices } = await imageOf(made, new Date());
    assert.deepEqual(image.layers.map(({ comment }) => comment), [
      `store paths: [${made.layers[0]!.paths.map((path) => `'${path}'`).join(", ")}]`,
      `top layer: ['${app}', '${other}']`,
    ]);
    assert.equal(notices.length, 1);
    assert.equal(await image.layers[1]!.tarSize(), 10240);
  });
});

Deno.test("planImage() does not depend on the order in which the closure comes", async () => {
  const expected = await plan({ maxLayers: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...GRAPH], { minLength: GRAPH.size }),
      async (entries) => {
        const shuffled = closuresWithin(new Map(entries));
        assert.deepEqual(await plan({ maxLayers: 3 }, { source: shuffled }), expected);
      },
    ),
    { numRuns: 30 },
  );
});
