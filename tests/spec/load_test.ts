import assert from "node:assert/strict";
import type { JsonValue } from "../../src/spec/image_spec.ts";
import { UsageError } from "../../src/errors.ts";
import { type LoadedSpec, loadSpec } from "../../src/spec/load.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const HELLO = `/nix/store/${HASH}-hello-2.12`;

function load(text: string | Uint8Array, hostArchitecture = "x86_64"): Promise<LoadedSpec> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return loadSpec({ source: "-", readStdin: () => Promise.resolve(bytes), hostArchitecture });
}

/** The lines of the error, without the name of the source. */
async function lines(text: string | Uint8Array): Promise<string[]> {
  const error = await load(text).then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof UsageError, `no usage error: ${error}`);
  return error.message.split("\n").map((line) => {
    assert.ok(line.startsWith("standard input: "), line);
    return line.slice("standard input: ".length);
  });
}

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const NAME = 'an image name such as "app" or "registry.example.org:5000/team/app"';
const TAG = 'null or a tag: at most 128 of the characters A-Z a-z 0-9 "_" "." "-", ' +
  'the first neither "." nor "-"';
const TIME =
  '"now", an ISO 8601 time such as "2026-01-31T12:00:00Z", or "@" and the seconds since 1970';
const ARCHITECTURE = "one of 386, amd64, arm, arm64, loong64, mips, mips64, mips64le, mipsle, " +
  "ppc64, ppc64le, riscv64, s390x, or a Nix system name for Linux";
const FIELDS = "name, tag, contents, config, architecture, created, mtime, uid, gid, uname, " +
  "gname, maxLayers, includeStorePaths, layering";
const NUMBER = "a number within -(2^53 - 1) to 2^53 - 1";
const LONG = `"${"x".repeat(58)}…`;

/** The value of one field, as JSON text, and the line that it earns. */
const WRONG_FIELDS: [field: string, json: string, line: string][] = [
  ["name", "5", `name: expected ${NAME}, found 5`],
  ["name", '""', `name: expected ${NAME}, found ""`],
  ["name", '"a b"', `name: expected ${NAME}, found "a b"`],
  ["name", '"app:1.0"', `name: expected ${NAME} (the tag goes into "tag"), found "app:1.0"`],
  ["tag", "1.5", `tag: expected ${TAG}, found 1.5`],
  ["tag", '"a b"', `tag: expected ${TAG}, found "a b"`],
  ["contents", "{}", "contents: expected a path or an array of paths, found {}"],
  ["contents", "null", "contents: expected a path or an array of paths, found null"],
  ["contents", '""', 'contents: expected a path, found ""'],
  ["contents", `["${HELLO}", 7]`, "contents[1]: expected a path, found 7"],
  [
    "contents",
    '["/nix/store/hello"]',
    'contents[0]: expected a store path or a link to one, found "/nix/store/hello", ' +
    "which leads to /nix/store/hello, no store path",
  ],
  ["config", "null", "config: expected a JSON object, found null"],
  ["config", "[]", "config: expected a JSON object, found []"],
  ["architecture", '"sparc"', `architecture: expected ${ARCHITECTURE}, found "sparc"`],
  ["architecture", "64", `architecture: expected ${ARCHITECTURE}, found 64`],
  [
    "architecture",
    '"aarch64-darwin"',
    `architecture: expected ${ARCHITECTURE} (images are for Linux, not for darwin), ` +
    'found "aarch64-darwin"',
  ],
  ["created", '"2023-02-29"', `created: expected ${TIME}, found "2023-02-29"`],
  ["created", "0", `created: expected ${TIME}, found 0`],
  ["mtime", '"1969-12-31"', `mtime: expected ${TIME}, not before 1970, found "1969-12-31"`],
  ["uid", "-1", "uid: expected an integer from 0 to 4294967294, found -1"],
  ["uid", "4294967295", "uid: expected an integer from 0 to 4294967294, found 4294967295"],
  ["uid", '"0"', 'uid: expected an integer from 0 to 4294967294, found "0"'],
  ["gid", "-1.5", "gid: expected an integer from 0 to 4294967294, found -1.5"],
  ["gid", "1e999", "gid: expected an integer from 0 to 4294967294, found Infinity"],
  ["uname", "null", "uname: expected a name, found null"],
  [
    "gname",
    '"a\\u0000"',
    "gname: expected a name without NUL and lone surrogates, which no tar header can hold, " +
    'found "a\\u0000"',
  ],
  [
    "gname",
    '"\\ud800"',
    "gname: expected a name without NUL and lone surrogates, which no tar header can hold, " +
    'found "\\ud800"',
  ],
  ["maxLayers", "1", "maxLayers: expected an integer from 2 to 125, found 1"],
  ["maxLayers", "126", "maxLayers: expected an integer from 2 to 125, found 126"],
  ["maxLayers", "2.5", "maxLayers: expected an integer from 2 to 125, found 2.5"],
  [
    "maxLayers",
    `"${"x".repeat(60)}"`,
    `maxLayers: expected an integer from 2 to 125, found ${LONG}`,
  ],
  ["includeStorePaths", '"yes"', 'includeStorePaths: expected true or false, found "yes"'],
  ["layering", '"best"', 'layering: expected "auto" or "popularity", found "best"'],
  ["contnets", "[]", 'contnets: unknown field, did you mean "contents"?'],
  ["MaxLayers", "1", 'MaxLayers: unknown field, did you mean "maxLayers"?'],
  ["a b", "1", `["a b"]: unknown field, expected one of ${FIELDS}`],
  ["__proto__", "1", `__proto__: unknown field, expected one of ${FIELDS}`],
];

Deno.test("loadSpec() tells what is wrong with a field", async () => {
  for (const [field, json, line] of WRONG_FIELDS) {
    const name = field === "name" ? "" : '"name": "app", ';
    assert.deepEqual(await lines(`{${name}${JSON.stringify(field)}: ${json}}`), [line]);
  }
  assert.deepEqual(await lines("{}"), [`name: expected ${NAME}, found nothing`]);
  assert.deepEqual(await lines("[1]"), ["expected a JSON object, found [1]"]);
  assert.deepEqual(await lines("null"), ["expected a JSON object, found null"]);
});

/** A `config`, as JSON text, and the lines that it earns. */
const WRONG_CONFIGS: [json: string, ...lines: string[]][] = [
  ['{"Env": ["A=1", "B=", "PATH"]}', 'config.Env[2]: expected "KEY=value", found "PATH"'],
  [
    '{"Env": ["=x", 1]}',
    'config.Env[0]: expected "KEY=value", found "=x"',
    'config.Env[1]: expected "KEY=value", found 1',
  ],
  [
    '{"Env": {"A": "1"}}',
    'config.Env: expected an array of "KEY=value" strings, or null, found {"A":"1"}',
  ],
  ['{"Cmd": "sh"}', 'config.Cmd: expected an array of strings, or null, found "sh"'],
  ['{"Entrypoint": [["sh"]]}', 'config.Entrypoint[0]: expected a string, found ["sh"]'],
  [
    '{"Shell": {}, "OnBuild": 1}',
    "config.Shell: expected an array of strings, or null, found {}",
    "config.OnBuild: expected an array of strings, or null, found 1",
  ],
  [
    '{"ExposedPorts": ["80/tcp"]}',
    'config.ExposedPorts: expected an object, such as {"KEY": {}}, or null, found ["80/tcp"]',
  ],
  [
    '{"ExposedPorts": {"80/tcp": 1}}',
    'config.ExposedPorts["80/tcp"]: expected an empty object, found 1',
  ],
  ['{"Volumes": {"/data": true}}', 'config.Volumes["/data"]: expected an empty object, found true'],
  [
    '{"Labels": {"org.example": 1, "b": null}}',
    'config.Labels["org.example"]: expected a string, found 1',
    "config.Labels.b: expected a string, found null",
  ],
  ['{"User": 1000}', "config.User: expected a string, found 1000"],
  ['{"WorkingDir": null}', "config.WorkingDir: expected a string, found null"],
  ['{"StopSignal": 15}', "config.StopSignal: expected a string, found 15"],
  ['{"StopTimeout": 1.5}', "config.StopTimeout: expected an integer, found 1.5"],
  ['{"Tty": "true"}', 'config.Tty: expected true or false, found "true"'],
  ['{"Healthcheck": []}', "config.Healthcheck: expected an object, or null, found []"],
  [
    '{"Healthcheck": {"Test": "true", "Interval": "30s", "Retries": 1.5}}',
    'config.Healthcheck.Test: expected an array of strings, or null, found "true"',
    'config.Healthcheck.Interval: expected an integer (nanoseconds), found "30s"',
    "config.Healthcheck.Retries: expected an integer, found 1.5",
  ],
  [
    '{"Healthcheck": {"Interval": 9007199254740993}}',
    "config.Healthcheck.Interval: expected an integer (nanoseconds), found 9007199254740992",
  ],
  [
    '{"x": {"y": [1, 9007199254740992, -9007199254740992, 9007199254740991, 0.1]}}',
    `config.x.y[1]: expected ${NUMBER}, found 9007199254740992`,
    `config.x.y[2]: expected ${NUMBER}, found -9007199254740992`,
  ],
  ['{"x": 1e999}', `config.x: expected ${NUMBER}, found Infinity`],
];

Deno.test("loadSpec() checks the config fields that Docker and OCI define", async () => {
  for (const [config, ...expected] of WRONG_CONFIGS) {
    assert.deepEqual(await lines(`{"name": "app", "config": ${config}}`), expected);
  }
});

Deno.test("loadSpec() keeps a path with a line break on one line", async () => {
  const [line, ...others] = await lines('{"name": "app", "contents": "./no\\nsuch"}');
  assert.deepEqual(others, []);
  assert.match(
    line ?? "",
    /^contents: .*found ".\/no\\nsuch", but \/.*no\ufffdsuch does not exist$/,
  );
});

Deno.test("loadSpec() reports all errors of a spec at once", async () => {
  const reported = await lines(`{
    "maxLayers": 1,
    "contnets": [],
    "uid": -1,
    "contents": [5, "/nix/store/x"],
    "config": { "Env": ["PATH"], "Custom": 1e300, "Labels": 1 },
    "mtime": "soon"
  }`);
  assert.deepEqual(reported.toSorted(), [
    "config.Custom: expected a number within -(2^53 - 1) to 2^53 - 1, found 1e+300",
    'config.Env[0]: expected "KEY=value", found "PATH"',
    "config.Labels: expected an object of strings, or null, found 1",
    "contents[0]: expected a path, found 5",
    'contents[1]: expected a store path or a link to one, found "/nix/store/x", which leads to /nix/store/x, no store path',
    'contnets: unknown field, did you mean "contents"?',
    "maxLayers: expected an integer from 2 to 125, found 1",
    `mtime: expected ${TIME}, not before 1970, found "soon"`,
    `name: expected ${NAME}, found nothing`,
    "uid: expected an integer from 0 to 4294967294, found -1",
  ]);
});

Deno.test("loadSpec() places syntax errors and names other unreadable text", async () => {
  assert.deepEqual(await lines('{\n  "name": "app",\n}\n'), [
    'line 3, column 1: expected a field name in double quotes, found "}"',
  ]);
  assert.deepEqual(await lines(""), [
    "line 1, column 1: expected a value, found the end of the text",
  ]);
  assert.deepEqual(await lines(new Uint8Array([0x22, 0xff, 0x22])), [
    "expected JSON in UTF-8, found other bytes",
  ]);
});

Deno.test("loadSpec() gives dockerTools' defaults", async () => {
  assert.deepEqual(await load('{"name": "app"}'), {
    spec: {
      name: "app",
      tag: null,
      contents: [],
      config: {},
      architecture: "amd64",
      created: 1,
      mtime: 1,
      uid: 0,
      gid: 0,
      uname: "root",
      gname: "root",
      maxLayers: 100,
      includeStorePaths: true,
      layering: "auto",
    },
    warnings: [],
  });
});

Deno.test("loadSpec() takes every field", async () => {
  const { spec, warnings } = await load(`\ufeff{
    "name": "Registry-1.docker.io/Team/App", "tag": "V1", "contents": "${HELLO}/bin",
    "config": {"Cmd": ["hello"]}, "architecture": "aarch64-linux", "created": "now",
    "mtime": "2000-02-29T12:00:00Z", "uid": 4294967294, "gid": 1000, "uname": "", "gname": "é",
    "maxLayers": 125, "includeStorePaths": false, "layering": "popularity"
  }`);
  assert.deepEqual(spec, {
    name: "registry-1.docker.io/team/app",
    tag: "V1",
    contents: [`${HELLO}/bin`],
    config: { Cmd: ["hello"] },
    architecture: "arm64",
    created: "now",
    mtime: 951_825_600,
    uid: 4_294_967_294,
    gid: 1000,
    uname: "",
    gname: "é",
    maxLayers: 125,
    includeStorePaths: false,
    layering: "popularity",
  });
  assert.deepEqual(warnings, []);
});

Deno.test("loadSpec() takes $schema, for editors, and leaves it out", async () => {
  const { spec } = await load('{"$schema": "./spec.schema.json", "name": "app"}');
  assert.deepEqual(spec, (await load('{"name": "app"}')).spec);
});

Deno.test("loadSpec() passes the config on as it is written", async () => {
  const config =
    '{"z":[{}],"User":"","Cmd":null,"a":{"é":0.5},"Env":[],"Volumes":{"/b":{},"/a":{}},' +
    '"StopTimeout":null,"Healthcheck":{"Retries":3,"Test":["NONE"],"x":1},"__proto__":{"y":2}}';
  const { spec, warnings } = await load(`{"name": "app", "config": ${config}}`);
  assert.equal(JSON.stringify(spec.config), config);
  assert.deepEqual(warnings, []);
});

Deno.test("loadSpec() warns of config fields that look misspelt", async () => {
  const config = {
    cmd: ["sh"],
    ENV: 1,
    EntryPoint: [],
    Vendor: 1,
    Healthcheck: { Timout: 1, interval: 1 },
  };
  const { spec, warnings } = await load(JSON.stringify({ name: "app", config }));
  assert.deepEqual(spec.config, config);
  assert.deepEqual(warnings, [
    'standard input: config.cmd: unknown field, did you mean "Cmd"?',
    'standard input: config.ENV: unknown field, did you mean "Env"?',
    'standard input: config.EntryPoint: unknown field, did you mean "Entrypoint"?',
    'standard input: config.Healthcheck.Timout: unknown field, did you mean "Timeout"?',
    'standard input: config.Healthcheck.interval: unknown field, did you mean "Interval"?',
  ]);
});

Deno.test("loadSpec() takes the host's architecture where the spec gives none", async () => {
  const host = async (text: string, name: string) => (await load(text, name)).spec.architecture;
  assert.equal(await host('{"name": "app"}', "aarch64"), "arm64");
  assert.equal(await host('{"name": "app"}', "s390x-linux"), "s390x");
  assert.equal(await host('{"name": "app", "architecture": "386"}', "vax"), "386");
  await assert.rejects(host('{"name": "app"}', "vax"), {
    name: "UsageError",
    message: 'No OCI architecture is known for vax: give "architecture" in the spec',
  });
  const { spec } = await loadSpec({
    source: "-",
    readStdin: () => Promise.resolve(new TextEncoder().encode('{"name": "app"}')),
  });
  assert.equal(spec.architecture, { x86_64: "amd64", aarch64: "arm64" }[Deno.build.arch as string]);
});

Deno.test("loadSpec() resolves links beside the spec file, in the order given", async () => {
  await inDirectory(async (directory) => {
    const other = `/nix/store/${HASH}-other`;
    await Deno.symlink(HELLO, `${directory}/result`);
    const spec: JsonValue = { name: "app", contents: [other, "./result", "result/bin", other] };
    await Deno.writeTextFile(`${directory}/spec.json`, JSON.stringify(spec));
    const loaded = await loadSpec({
      source: `${directory}/spec.json`,
      readStdin: () => assert.fail("standard input was read"),
    });
    assert.deepEqual(loaded.spec.contents, [other, HELLO, `${HELLO}/bin`, other]);
  });
});

Deno.test("loadSpec() names the file in every line", async () => {
  await inDirectory(async (directory) => {
    const readStdin = () => assert.fail("standard input was read");
    const file = `${directory}/spec.json`;
    await Deno.writeTextFile(file, '{"name": 1, "uid": true}');
    await assert.rejects(loadSpec({ source: file, readStdin }), {
      name: "UsageError",
      message: `${file}: name: expected ${NAME}, found 1\n` +
        `${file}: uid: expected an integer from 0 to 4294967294, found true`,
    });
    await assert.rejects(loadSpec({ source: `${directory}/none.json`, readStdin }), {
      name: "UsageError",
      message: `${directory}/none.json: no such spec file`,
    });
    await assert.rejects(loadSpec({ source: directory, readStdin }), (error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(error.message.startsWith(`${directory}: cannot read the spec: `), error.message);
      return true;
    });
  });
});
