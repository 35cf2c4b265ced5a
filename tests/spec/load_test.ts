import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/spec/image_spec.ts";
import { checkSpec, loadSpec } from "../../src/spec/load.ts";
import { inDirectory } from "../support/directories.ts";
import { parseStorePath } from "../../src/store/store_path.ts";
import { DEFAULTS, fromStore, load } from "../support/specs.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const HELLO = `/nix/store/${HASH}-hello-2.12`;
const NAME = 'an image name such as "app" or "registry.example.org:5000/team/app"';

Deno.test("loadSpec() gives dockerTools' defaults", async () => {
  assert.deepEqual(await load('{"name": "app"}'), {
    spec: { ...DEFAULTS, name: "app" },
    warnings: [],
  });
});

Deno.test("loadSpec() takes every field", async () => {
  const { spec, warnings } = await load(`\ufeff{
    "name": "Registry-1.docker.io/Team/App", "tag": "V1", "type": "layered",
    "fromImage": {"path": "${HELLO}", "platform": "linux/aarch64"}, "fromImageTag": "3",
    "inherit": ["User", "Env"], "annotations": {"org.example.b": "", "a": "é"},
    "contents": "${HELLO}/bin", "helpers": ["fakeNss", "binSh"],
    "fakeNss": {"extraPasswdLines": ["app:x:1:1::/:/bin/sh"], "extraGroupLines": ["app:x:1:"]},
    "files": [{"type": "file", "path": "/etc/a", "text": "ä\\n", "mode": "0600", "gid": 5},
      {"type": "directory", "path": "/b", "uid": 0}, {"type": "symlink", "path": "/c", "target": "b"}],
    "runAsRoot": "id", "diskSize": 64, "buildVMMemorySize": 1048576,
    "extraCommands": "true", "fakeRootCommands": "mkdir a\\nmkdir b", "enableFakechroot": true,
    "shell": "${HELLO}", "path": ["${HELLO}/bin", "/usr/bin"],
    "permissions": [{"path": "/", "mode": "1777"}], "includeNixDB": true,
    "config": {"Cmd": ["hello"]}, "os": "linux", "architecture": "aarch64-linux", "variant": "v8",
    "created": "now", "mtime": "2000-02-29T12:00:00Z", "uid": 4294967294, "gid": 1000,
    "uname": "", "gname": "é", "maxLayers": 125, "includeStorePaths": false,
    "absentStorePaths": ["${HELLO}"], "store": "https://cache.example/a",
    "layering": "popularity", "layeringPipeline": null,
    "groups": [{"name": "g", "paths": ["*lib?", "${HELLO}"]}], "compressor": "zstd"
  }`);
  assert.deepEqual(spec, {
    name: "registry-1.docker.io/team/app",
    tag: "V1",
    type: "layered",
    fromImage: {
      path: HELLO,
      inStore: true,
      name: null,
      tag: "3",
      platform: "linux/arm64",
    },
    inherit: ["User", "Env"],
    contents: fromStore(`${HELLO}/bin`),
    copyToRoot: [],
    keepContentsDirlinks: false,
    helpers: ["fakeNss", "binSh"],
    fakeNss: { extraPasswdLines: ["app:x:1:1::/:/bin/sh"], extraGroupLines: ["app:x:1:"] },
    files: [
      { type: "file", path: "/etc/a", text: "ä\n", mode: 0o600, gid: 5 },
      { type: "directory", path: "/b", uid: 0 },
      { type: "symlink", path: "/c", target: "b" },
    ],
    runAsRoot: "id",
    diskSize: 64,
    buildVMMemorySize: 1 << 20,
    extraCommands: "true",
    fakeRootCommands: "mkdir a\nmkdir b",
    enableFakechroot: true,
    shell: HELLO,
    path: [`${HELLO}/bin`, "/usr/bin"],
    permissions: [{ path: "/", mode: 0o1777 }],
    includeNixDB: true,
    config: { Cmd: ["hello"] },
    annotations: { "org.example.b": "", a: "é" },
    os: "linux",
    architecture: "arm64",
    variant: "v8",
    created: "now",
    mtime: 951_825_600,
    uid: 4_294_967_294,
    gid: 1000,
    uname: "",
    gname: "é",
    maxLayers: 125,
    includeStorePaths: false,
    absentStorePaths: [parseStorePath(HELLO)],
    store: ["https://cache.example/a"],
    layering: "popularity",
    layeringPipeline: null,
    groups: [{ name: "g", paths: ["*lib?", HELLO], closure: false }],
    compressor: "zstd",
  });
  assert.deepEqual(warnings, []);
});

Deno.test("loadSpec() takes the example of makes' makeContainerImage", async () => {
  const coreutils = `/nix/store/${HASH}-coreutils-8.32`;
  const customLayer = `/nix/store/${HASH}-custom-layer`;
  const config = { Env: ["EXAMPLE_ENV_VAR=example-value"], WorkingDir: "/working-dir" };
  const loaded = await load({
    name: "container-image",
    tag: "latest",
    contents: [coreutils, customLayer], // its layers
    maxLayers: 65,
    config,
  });
  assert.deepEqual(loaded, {
    spec: {
      ...DEFAULTS,
      name: "container-image",
      tag: "latest",
      contents: fromStore(coreutils, customLayer),
      maxLayers: 65,
      config,
    },
    warnings: [],
  });
});

Deno.test("loadSpec() takes lines for fakeNss as a wish for that helper", async () => {
  const helpers = async (fields: object) => (await load({ name: "app", ...fields })).spec.helpers;
  assert.deepEqual(await helpers({ fakeNss: {} }), ["fakeNss"]);
  assert.deepEqual(
    await helpers({ helpers: ["binSh"], fakeNss: { extraGroupLines: ["a:x:1:"] } }),
    ["binSh", "fakeNss"],
  );
  assert.deepEqual(await helpers({ helpers: ["fakeNss", "binSh"], fakeNss: {} }), [
    "fakeNss",
    "binSh",
  ]);
});

Deno.test("loadSpec() takes SOURCE_DATE_EPOCH for now, and for no other time", async () => {
  const times = async (fields: object, sourceDateEpoch?: string) => {
    const { created, mtime } = (await load({ name: "app", ...fields }, { sourceDateEpoch })).spec;
    return [created, mtime];
  };
  assert.deepEqual(await times({ created: "now", mtime: "now" }), ["now", "now"]);
  assert.deepEqual(await times({ created: "now" }, "315532800"), [315_532_800, 1]);
  assert.deepEqual(await times({ mtime: "now", created: "@7" }, "0"), [7, 0]);
  assert.deepEqual(await times({}, "315532800"), [1, 1]);
  for (const epoch of ["", "-1", "1.5", "1e9", " 1", "now", "253402300800", "9".repeat(400)]) {
    await assert.rejects(load({ name: "app" }, { sourceDateEpoch: epoch }), {
      name: "UsageError",
      message: "SOURCE_DATE_EPOCH in the environment: expected seconds since 1970, an integer " +
        `from 0 to 253402300799, found ${JSON.stringify(epoch)}`,
    });
  }
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
  const host = async (text: string, name: string) =>
    (await load(text, { hostArchitecture: name })).spec.architecture;
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

Deno.test("loadSpec() takes the variant that the architecture's name implies, unless it is given", async () => {
  const platform = async (fields: object, hostArchitecture = "x86_64") => {
    const { spec } = await load({ name: "app", ...fields }, { hostArchitecture });
    return `${spec.os}/${spec.architecture}/${spec.variant}`;
  };
  assert.equal(await platform({ architecture: "armv7l-linux" }), "linux/arm/v7");
  assert.equal(await platform({ architecture: "armv6l-linux" }), "linux/arm/v6");
  assert.equal(await platform({ architecture: "armv6l-linux", variant: "v7" }), "linux/arm/v7");
  assert.equal(await platform({ architecture: "armv6l-linux", variant: null }), "linux/arm/null");
  assert.equal(await platform({ architecture: "arm" }), "linux/arm/null");
  assert.equal(await platform({ architecture: "arm64" }), "linux/arm64/null");
  assert.equal(await platform({ architecture: "arm64", variant: "v8.2" }), "linux/arm64/v8.2");
  assert.equal(await platform({}, "armv7l"), "linux/arm/v7");
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
    assert.deepEqual(loaded.spec.contents, fromStore(other, HELLO, `${HELLO}/bin`, other));
  });
});

Deno.test("loadSpec() finds directories, tarballs, the shell and PATH from the spec file on", async () => {
  await inDirectory(async (made) => {
    const directory = await Deno.realPath(made);
    const source = `${directory}/spec.json`;
    await Deno.mkdir(`${directory}/rootfs`);
    await Deno.symlink(HELLO, `${directory}/result`);
    await Deno.writeTextFile(`${directory}/base.tar.gz`, "");
    const spec = {
      name: "app",
      contents: ["rootfs", "./base.tar.gz", "result"],
      shell: "tools/sh",
      path: ["tools", "./result/bin", "/bin"],
    };
    await Deno.writeTextFile(source, JSON.stringify(spec));
    const loaded = (await load("", { source })).spec;
    assert.deepEqual(loaded.contents, [
      { kind: "directory", path: `${directory}/rootfs` },
      { kind: "tarball", path: `${directory}/base.tar.gz` },
      { kind: "store", path: HELLO },
    ]);
    assert.equal(loaded.shell, `${directory}/tools/sh`);
    assert.deepEqual(loaded.path, [`${directory}/tools`, `${HELLO}/bin`, "/bin"]);
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

Deno.test("checkSpec() takes a spec that a program made, as loadSpec() its JSON", async () => {
  const spec = { name: "App", contents: [HELLO], config: { Cmd: ["b", "a"], Env: ["A=1"] } };
  assert.deepEqual(await checkSpec(spec), await load(JSON.stringify(spec)));
  await assert.rejects(checkSpec({ name: "app", tag: 1, maxLayer: 2 }), (error) => {
    assert.ok(error instanceof UsageError);
    assert.deepEqual(error.message.split("\n").map((line) => line.replace(/:.*?:.*/, "")), [
      "spec",
      "spec",
    ]);
    return true;
  });
});
