import assert from "node:assert/strict";
import { errorLines, fromStore, load } from "../support/specs.ts";

const HELLO = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-hello-2.12";
const OTHER = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-other";
const ONE_LAYER = 'only for images of "type": "layered"; those of type "single" have one layer';

const single = (fields: object = {}) => ({ name: "app", type: "single", ...fields });

Deno.test("a single image has copyToRoot and no contents", async () => {
  for (
    const [copyToRoot, ...paths] of [
      [null],
      [[]],
      [HELLO, HELLO],
      [[HELLO, OTHER], HELLO, OTHER],
    ]
  ) {
    const { spec, warnings } = await load(single({ copyToRoot, keepContentsDirlinks: true }));
    assert.deepEqual(spec.contents, []);
    assert.deepEqual(spec.copyToRoot, fromStore(...paths as string[]));
    assert.equal(spec.keepContentsDirlinks, true);
    assert.deepEqual(warnings, []);
  }
});

Deno.test("contents of a single image are its copyToRoot, with a warning", async () => {
  const { spec, warnings } = await load(single({ contents: [HELLO, OTHER], copyToRoot: null }));
  assert.deepEqual([spec.contents, spec.copyToRoot], [[], fromStore(HELLO, OTHER)]);
  assert.deepEqual(warnings, [
    'standard input: contents: deprecated for images of "type": "single"; the name is ' +
    '"copyToRoot" now',
  ]);
});

Deno.test("a single image takes no two sources, and nothing that is for several layers", async () => {
  assert.deepEqual(await errorLines(single({ contents: [], copyToRoot: HELLO })), [
    "contents: you can not specify both contents and copyToRoot, of which it is the former name",
  ]);
  const forLayers = { maxLayers: 100, layering: "auto", layeringPipeline: [], groups: [] };
  assert.deepEqual(
    await errorLines(single(forLayers)),
    Object.keys(forLayers).map((field) => `${field}: ${ONE_LAYER}`),
  );
});

Deno.test("a single image takes all other fields", async () => {
  const fields = {
    uid: 1000,
    gid: 100,
    uname: "user",
    gname: "users",
    mtime: 5,
    includeStorePaths: false,
    includeNixDB: true,
    extraCommands: "mkdir data",
    fakeRootCommands: "chown 5 data",
    compressor: "none",
  } as const;
  const { spec, warnings } = await load(single({ ...fields, mtime: "@5" }));
  assert.deepEqual({ ...spec, ...fields }, spec);
  assert.deepEqual(warnings, []);
});

Deno.test("a layered image says where copyToRoot and its links belong", async () => {
  assert.deepEqual(
    await errorLines({ name: "app", copyToRoot: [HELLO], keepContentsDirlinks: false }),
    [
      'copyToRoot: only for images of "type": "single"; layered images take "contents"',
      'keepContentsDirlinks: only for images of "type": "single"; in layered images all ' +
      "directories are directories",
    ],
  );
  assert.deepEqual((await load({ name: "app", copyToRoot: null })).spec.copyToRoot, []);
});

Deno.test("a type that there is not is told alone", async () => {
  assert.deepEqual(
    await errorLines({ name: "app", type: "double", copyToRoot: [], maxLayers: 2 }),
    [
      'type: expected "layered" or "single", found "double"',
    ],
  );
});

Deno.test("the sources of a single image are checked as contents are", async () => {
  const [line, ...others] = await errorLines(single({ copyToRoot: [HELLO, "./no/such", 1] }));
  assert.match(line ?? "", /^copyToRoot\[2\]: expected a path, found 1$/);
  assert.equal(others.length, 1);
  assert.match(
    others[0] ?? "",
    /^copyToRoot\[1\]: expected a store path .*, found "\.\/no\/such", but \/.*\/no does not exist$/,
  );
});

Deno.test("enableFakechroot with nothing to run is a warning", async () => {
  const warnings = async (fields: object) => (await load({ name: "app", ...fields })).warnings;
  assert.deepEqual(await warnings({ enableFakechroot: true }), [
    "standard input: enableFakechroot: has no effect without fakeRootCommands",
  ]);
  assert.deepEqual(await warnings({ enableFakechroot: true, fakeRootCommands: "true" }), []);
});
