import assert from "node:assert/strict";
import { errorLines } from "../support/specs.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const HELLO = `/nix/store/${HASH}-hello-2.12`;

const NAME = 'an image name such as "app" or "registry.example.org:5000/team/app"';
const TAG = 'null or a tag: at most 128 of the characters A-Z a-z 0-9 "_" "." "-", ' +
  'the first neither "." nor "-"';
const TIME =
  '"now", an ISO 8601 time such as "2026-01-31T12:00:00Z", or "@" and the seconds since 1970';
const ARCHITECTURE = "one of 386, amd64, arm, arm64, loong64, mips, mips64, mips64le, mipsle, " +
  "ppc64, ppc64le, riscv64, s390x, or a Nix system name for Linux";
const FIELDS = "name, tag, type, fromImage, fromImageName, fromImageTag, inherit, contents, " +
  "copyToRoot, keepContentsDirlinks, helpers, fakeNss, files, runAsRoot, diskSize, buildVMMemorySize, " +
  "extraCommands, fakeRootCommands, enableFakechroot, shell, path, permissions, includeNixDB, " +
  "config, annotations, os, architecture, variant, created, mtime, uid, gid, uname, gname, maxLayers, " +
  "includeStorePaths, absentStorePaths, store, layering, layeringPipeline, groups, compressor";
const SOURCE = "a store path or a link to one, a directory, or a tarball (.tar, .tar.gz, .tgz, " +
  ".tar.zst, .tar.xz, .tar.bz2)";
const PASSWD = "a line of passwd(5), seven fields such as " +
  '"app:x:1000:1000:App:/home/app:/bin/sh"';
const GROUP = 'a line of group(5), four fields such as "app:x:1000:"';
const FILE = 'an object with "type": "file", "directory" or "symlink", such as ' +
  '{"type": "file", "path": "/etc/motd", "text": "Hello\\n"}';
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
    `contents[0]: expected ${SOURCE}, found "/nix/store/hello", ` +
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
  ["files", "{}", "files: expected an array of files, found {}"],
  ["files", '[{"path": "/a"}]', `files[0].type: expected ${FILE}, found nothing`],
  ["files", '["/a"]', `files[0]: expected ${FILE}, found "/a"`],
  ["files", '[{"type": "file", "path": "/a"}]', "files[0].text: expected a text, found nothing"],
  [
    "files",
    '[{"type": "symlink", "path": "/a", "target": "b", "mode": "0777"}]',
    "files[0].mode: unknown field, expected one of type, path, uid, gid, target",
  ],
  [
    "files",
    '[{"type": "directory", "path": "/a"}, {"type": "directory", "path": "/a"}]',
    'files[1].path: expected each path once, found "/a"',
  ],
  ...["a", "/", "/a/", "//a", "/a/../b", `${HELLO}/a`, HELLO].map((path) =>
    [
      "files",
      JSON.stringify([{ type: "directory", path }]),
      'files[0].path: expected an absolute path such as "/etc/motd", without "//", "/" at the end, ' +
      `"." and "..", not within a store path, found ${JSON.stringify(path)}`,
    ] as [string, string, string]
  ),
  [
    "absentStorePaths",
    `["${HELLO}/bin"]`,
    `absentStorePaths[0]: expected a store path, found "${HELLO}/bin"`,
  ],
  [
    "absentStorePaths",
    `["${HELLO}", "${HELLO}"]`,
    `absentStorePaths[1]: expected each store path once, found "${HELLO}"`,
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
  [
    "maxLayers",
    "1",
    "maxLayers: expected an integer from 2 to 125 (one for what is not in the store, and at least " +
    "one for store paths), found 1",
  ],
  ["maxLayers", "126", "maxLayers: expected an integer from 2 to 125, found 126"],
  ["maxLayers", "2.5", "maxLayers: expected an integer from 2 to 125, found 2.5"],
  [
    "maxLayers",
    `"${"x".repeat(60)}"`,
    `maxLayers: expected an integer from 2 to 125, found ${LONG}`,
  ],
  ["includeStorePaths", '"yes"', 'includeStorePaths: expected true or false, found "yes"'],
  ["layering", '"best"', 'layering: expected "updates", "auto" or "popularity", found "best"'],
  ["compressor", '"xz"', 'compressor: expected "gz", "zstd" or "none", found "xz"'],
  ["compressor", "null", 'compressor: expected "gz", "zstd" or "none", found null'],
  ["type", '"Single"', 'type: expected "layered" or "single", found "Single"'],
  ["os", '"windows"', 'os: expected "linux" (images are for Linux), found "windows"'],
  ["variant", '"V 7"', 'variant: expected null or a variant such as "v7", found "V 7"'],
  ["variant", '""', 'variant: expected null or a variant such as "v7", found ""'],
  ["extraCommands", "null", "extraCommands: expected a shell script, found null"],
  ["fakeRootCommands", '["a"]', 'fakeRootCommands: expected a shell script, found ["a"]'],
  [
    "extraCommands",
    '"\\u0000"',
    'extraCommands: expected a shell script without NUL, found "\\u0000"',
  ],
  ["enableFakechroot", "1", "enableFakechroot: expected true or false, found 1"],
  ["includeNixDB", "1", "includeNixDB: expected true or false, found 1"],
  ["shell", '""', 'shell: expected null or the path of a shell, found ""'],
  ["path", '"/bin"', 'path: expected null or an array of directories, found "/bin"'],
  ["path", '["/bin:/sbin"]', 'path[0]: expected a directory, without ":", found "/bin:/sbin"'],
  ["path", '["/bin", ""]', 'path[1]: expected a directory, without ":", found ""'],
  ["helpers", '"binSh"', `helpers: expected an array of helpers' names, found "binSh"`],
  [
    "helpers",
    '["binSh", "bash"]',
    'helpers[1]: expected "usrBinEnv", "binSh", "caCertificates" or "fakeNss", found "bash"',
  ],
  ["helpers", '["binSh", "binSh"]', 'helpers[1]: expected each helper once, found "binSh"'],
  [
    "fakeNss",
    "true",
    "fakeNss: expected an object with extraPasswdLines or extraGroupLines, found true",
  ],
  [
    "fakeNss",
    '{"extraPasswdLine": []}',
    'fakeNss.extraPasswdLine: unknown field, did you mean "extraPasswdLines"?',
  ],
  [
    "fakeNss",
    '{"extraPasswdLines": "a"}',
    'fakeNss.extraPasswdLines: expected an array of lines, found "a"',
  ],
  [
    "fakeNss",
    '{"extraPasswdLines": ["a:x:1:1::/:/bin/sh", "a:x:1:1::/"]}',
    `fakeNss.extraPasswdLines[1]: expected ${PASSWD}, found "a:x:1:1::/"`,
  ],
  [
    "fakeNss",
    '{"extraPasswdLines": ["a:x:1:1::/:/bin/sh\\n"]}',
    `fakeNss.extraPasswdLines[0]: expected ${PASSWD}, found "a:x:1:1::/:/bin/sh\\n"`,
  ],
  [
    "fakeNss",
    '{"extraGroupLines": ["a:x:1:1:"]}',
    `fakeNss.extraGroupLines[0]: expected ${GROUP}, found "a:x:1:1:"`,
  ],
  ["annotations", "null", "annotations: expected an object of strings, found null"],
  ["annotations", '{"a": 1}', "annotations.a: expected a string, found 1"],
  ["runAsRoot", "true", "runAsRoot: expected a shell script, found true"],
  [
    "debug",
    "true",
    'debug: not needed: "nix-image plan" tells why store paths share a layer',
  ],
  ["diskSize", "63", "diskSize: expected an integer from 64 to 4194304, found 63"],
  [
    "buildVMMemorySize",
    "null",
    "buildVMMemorySize: expected an integer from 128 to 1048576, found null",
  ],
  ["meta", "{}", "meta: belongs to Nix functions, not to a spec"],
  ["passthru", "{}", "passthru: belongs to Nix functions, not to a spec"],
  ["contnets", "[]", 'contnets: unknown field, did you mean "contents"?'],
  ["MaxLayers", "1", 'MaxLayers: unknown field, did you mean "maxLayers"?'],
  ["a b", "1", `["a b"]: unknown field, expected one of ${FIELDS}`],
  ["__proto__", "1", `__proto__: unknown field, expected one of ${FIELDS}`],
];

Deno.test("loadSpec() tells what is wrong with a field", async () => {
  for (const [field, json, line] of WRONG_FIELDS) {
    const name = field === "name" ? "" : '"name": "app", ';
    assert.deepEqual(await errorLines(`{${name}${JSON.stringify(field)}: ${json}}`), [line]);
  }
  assert.deepEqual(await errorLines("{}"), [`name: expected ${NAME}, found nothing`]);
  assert.deepEqual(await errorLines("[1]"), ["expected a JSON object, found [1]"]);
  assert.deepEqual(await errorLines("null"), ["expected a JSON object, found null"]);
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
    assert.deepEqual(await errorLines(`{"name": "app", "config": ${config}}`), expected);
  }
});

Deno.test("loadSpec() keeps a path with a line break on one line", async () => {
  const [line, ...others] = await errorLines('{"name": "app", "contents": "./no\\nsuch"}');
  assert.deepEqual(others, []);
  assert.match(
    line ?? "",
    /^contents: .*found ".\/no\\nsuch", but \/.*no\ufffdsuch does not exist$/,
  );
});

Deno.test("loadSpec() reports all errors of a spec at once", async () => {
  const reported = await errorLines(`{
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
    `contents[1]: expected ${SOURCE}, found "/nix/store/x", which leads to /nix/store/x, no store path`,
    'contnets: unknown field, did you mean "contents"?',
    "maxLayers: expected an integer from 2 to 125 (one for what is not in the store, and at least " +
    "one for store paths), found 1",
    `mtime: expected ${TIME}, not before 1970, found "soon"`,
    `name: expected ${NAME}, found nothing`,
    "uid: expected an integer from 0 to 4294967294, found -1",
  ]);
});

Deno.test("loadSpec() places syntax errors and names other unreadable text", async () => {
  assert.deepEqual(await errorLines('{\n  "name": "app",\n}\n'), [
    'line 3, column 1: expected a field name in double quotes, found "}"',
  ]);
  assert.deepEqual(await errorLines(""), [
    "line 1, column 1: expected a value, found the end of the text",
  ]);
  assert.deepEqual(await errorLines(new Uint8Array([0x22, 0xff, 0x22])), [
    "expected JSON in UTF-8, found other bytes",
  ]);
});
