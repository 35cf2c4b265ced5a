import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../../src/spec/image_spec.ts";
import { specJsonSchema } from "../../src/spec/json_schema.ts";

const FIELDS = [
  "name",
  "tag",
  "type",
  "fromImage",
  "fromImageName",
  "fromImageTag",
  "inherit",
  "contents",
  "copyToRoot",
  "keepContentsDirlinks",
  "helpers",
  "fakeNss",
  "files",
  "runAsRoot",
  "diskSize",
  "buildVMMemorySize",
  "extraCommands",
  "fakeRootCommands",
  "enableFakechroot",
  "shell",
  "path",
  "permissions",
  "includeNixDB",
  "config",
  "annotations",
  "os",
  "architecture",
  "variant",
  "created",
  "mtime",
  "uid",
  "gid",
  "uname",
  "gname",
  "maxLayers",
  "includeStorePaths",
  "absentStorePaths",
  "store",
  "layering",
  "layeringPipeline",
  "groups",
  "compressor",
];

function object(value: JsonValue | undefined): JsonObject {
  assert.ok(typeof value === "object" && value !== null && !Array.isArray(value));
  return value as JsonObject;
}

function pattern(schema: JsonObject): RegExp {
  assert.equal(typeof schema.pattern, "string");
  return new RegExp(String(schema.pattern), "u");
}

function fields(): Record<string, JsonObject> {
  const properties = object(specJsonSchema().properties);
  return Object.fromEntries(FIELDS.map((name) => [name, object(properties[name])]));
}

/** What `fromImage` may be besides a string and null: an image in a file, one in a registry. */
function locatedImages(): [JsonObject, JsonObject] {
  const [notNull] = object(fields().fromImage).anyOf as JsonObject[];
  const [, located, inRegistry] = object(notNull).anyOf as JsonObject[];
  return [object(located), object(inRegistry)];
}

Deno.test("specJsonSchema() is a draft 2020-12 schema of an object with these fields alone", () => {
  const schema = specJsonSchema();
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.equal(schema.type, "object");
  assert.equal(typeof schema.title, "string");
  assert.ok(!("$id" in schema));
  assert.deepEqual(Object.keys(object(schema.properties)).sort(), ["$schema", ...FIELDS].sort());
  assert.deepEqual(schema.required, ["name"]);
  assert.equal(schema.additionalProperties, false);
});

Deno.test("specJsonSchema() describes every field, those of objects in it too", () => {
  const described = (name: string, schema: JsonValue | undefined) => {
    const { description } = object(schema);
    assert.ok(typeof description === "string" && /\.$|…$/.test(description), name);
  };
  for (const [name, schema] of Object.entries(fields())) described(name, schema);
  const { properties, additionalProperties } = object(fields().config);
  for (const [name, schema] of Object.entries(object(properties))) described(name, schema);
  assert.deepEqual(additionalProperties, {});
  const rule = object(object(fields().permissions).items);
  const group = object(object(fields().groups).items);
  for (const inner of [rule, group, object(fields().fakeNss), ...locatedImages()]) {
    for (const [name, schema] of Object.entries(object(inner.properties))) described(name, schema);
    assert.equal(inner.additionalProperties, false);
  }
  for (const name of ["Env", "Cmd", "Entrypoint", "Healthcheck", "Labels", "StopSignal"]) {
    assert.ok(name in object(properties), name);
  }
});

Deno.test("specJsonSchema() has dockerTools' defaults, and none that depends on the host", () => {
  const defaults = Object.fromEntries(
    Object.entries(fields()).filter(([, schema]) => "default" in schema)
      .map(([name, schema]) => [name, schema.default]),
  );
  assert.deepEqual(defaults, {
    tag: null,
    type: "layered",
    fromImage: null,
    fromImageName: null,
    fromImageTag: null,
    inherit: ["Env"],
    contents: [],
    copyToRoot: null,
    keepContentsDirlinks: false,
    helpers: [],
    fakeNss: {},
    files: [],
    runAsRoot: null,
    diskSize: null,
    buildVMMemorySize: 512,
    extraCommands: "",
    fakeRootCommands: "",
    enableFakechroot: false,
    shell: null,
    path: null,
    permissions: [],
    includeNixDB: false,
    config: {},
    annotations: {},
    os: "linux",
    created: "1970-01-01T00:00:01Z",
    mtime: "1970-01-01T00:00:01Z",
    uid: 0,
    gid: 0,
    uname: "root",
    gname: "root",
    maxLayers: 100,
    includeStorePaths: true,
    absentStorePaths: [],
    store: [],
    layering: "updates",
    layeringPipeline: null,
    groups: [],
    compressor: "gz",
  });
});

Deno.test("specJsonSchema() limits values as the loader does", () => {
  const { name, tag, contents, architecture, uid, maxLayers, layering, config } = fields();
  assert.ok(name && tag && contents && architecture && uid && maxLayers && layering && config);
  assert.ok(pattern(name).test("registry.example.org:5000/Team/app"));
  assert.ok(!pattern(name).test("app:latest"));
  const [tagText, tagNull] = tag.anyOf as JsonObject[];
  assert.ok(tagText && pattern(tagText).test("v1.0_b-2") && !pattern(tagText).test("-v1"));
  assert.equal(tagNull?.type, "null");
  assert.deepEqual(
    (contents.anyOf as JsonObject[]).map(({ type }) => type).sort(),
    ["array", "string"],
  );
  const architectures = architecture.enum as string[];
  for (const accepted of ["amd64", "aarch64-linux", "x86_64"]) {
    assert.ok(architectures.includes(accepted));
  }
  assert.ok(!architectures.includes("aarch64-darwin"));
  assert.deepEqual([uid.type, uid.minimum, uid.maximum], ["integer", 0, 4_294_967_294]);
  assert.deepEqual([maxLayers.type, maxLayers.minimum, maxLayers.maximum], ["integer", 2, 125]);
  assert.deepEqual(layering.enum, ["updates", "auto", "popularity"]);
  assert.deepEqual(fields().compressor?.enum, ["gz", "zstd", "none"]);
  assert.deepEqual(fields().type?.enum, ["layered", "single"]);
  assert.equal(fields().os?.const, "linux");
  const [environment] = object(object(config.properties).Env).anyOf as JsonObject[];
  const entry = pattern(object(environment?.items));
  assert.ok(entry.test("PATH=/bin") && entry.test("EMPTY="));
  assert.ok(!entry.test("PATH") && !entry.test("=x"));
});

Deno.test("specJsonSchema() limits rules, helpers and their lines as the loader does", () => {
  const { permissions, helpers, fakeNss } = fields();
  assert.ok(permissions && helpers && fakeNss);
  const rule = object(permissions.items);
  const { path, mode, xattrs, uid } = object(rule.properties);
  assert.deepEqual(rule.required, ["path"]);
  const effects = ["uid", "gid", "mode", "xattrs", "capabilities"];
  assert.deepEqual(rule.anyOf, effects.map((name) => ({ required: [name] })));
  const paths = pattern(object(path));
  assert.ok(paths.test("/") && paths.test("/home/*/.config/**"));
  assert.ok(!paths.test("home") && !paths.test("/a/") && !paths.test("/a/../b"));
  const modes = pattern(object(mode));
  assert.ok(modes.test("0750") && modes.test("4755") && !modes.test("10000") && !modes.test("8"));
  assert.ok(pattern(object(object(xattrs).propertyNames)).test("user.comment"));
  assert.ok(pattern(object(object(xattrs).additionalProperties)).test("aGVsbG8="));
  assert.equal(object(uid).maximum, 4_294_967_294);

  assert.equal(helpers.uniqueItems, true);
  assert.deepEqual(object(helpers.items).enum, [
    "usrBinEnv",
    "binSh",
    "caCertificates",
    "fakeNss",
  ]);
  const { extraPasswdLines, extraGroupLines } = object(fakeNss.properties);
  assert.ok(pattern(object(object(extraPasswdLines).items)).test("a:x:1:1:A:/:/bin/sh"));
  const group = pattern(object(object(extraGroupLines).items));
  assert.ok(group.test("a:x:1:") && !group.test("a:x:1") && !group.test("a:x:1:\n"));
});

Deno.test("specJsonSchema() limits base images and what comes from them as the loader does", () => {
  const { inherit, fromImageName, annotations } = fields();
  assert.ok(inherit && fromImageName && annotations);
  assert.equal(inherit.uniqueItems, true);
  const inherited = object(inherit.items).enum as string[];
  assert.deepEqual([inherited[0], inherited.length], ["Env", 8]);
  const [name] = fromImageName.anyOf as JsonObject[];
  assert.ok(pattern(object(name)).test("library/alpine"));
  assert.ok(!pattern(object(name)).test("alpine:3"));
  const [located] = locatedImages();
  assert.deepEqual(located.required, ["path"]);
  const [platform] = object(object(located.properties).platform).anyOf as JsonObject[];
  const platforms = pattern(object(platform));
  assert.ok(platforms.test("linux/aarch64-linux") && platforms.test("linux/arm/v7"));
  assert.ok(!platforms.test("linux") && !platforms.test("windows/amd64"));
  assert.equal(object(annotations.additionalProperties).type, "string");
});
