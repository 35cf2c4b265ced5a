/**
 * `nix-image stream conf.json`: in the place of the script of nixpkgs' streamLayeredImage.
 * @module
 */

import assert from "node:assert/strict";
import { readImage } from "../support/archive.ts";
import { HELLO, makeConf } from "../support/confs.ts";
import { DigestCache } from "../../src/layer/digest_cache.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, type RunOptions, succeed } from "../support/program.ts";
import { runPython } from "../support/python.ts";
import { SEED } from "../support/samples.ts";
import { Scratch } from "../support/scratch.ts";

/** The path of a script in tests/support. */
const ORACLE = new URL("../support/conf_streamer.py", import.meta.url).pathname;

async function stream(root: string, conf: string, file: string, ...options: string[]) {
  const env = { XDG_CACHE_HOME: `${root}/../cache` };
  const args = ["stream", "--store-root", root, ...options, conf];
  const { code, stderr } = await nixImage(args, { env, stdoutFile: file });
  assert.equal(code, 0, stderr);
  return stderr;
}

async function expected(root: string, conf: string, file: string, ...tag: string[]) {
  const script = 'file=$1; shift; exec "$@" >"$file"';
  await succeed(["sh", "-c", script, "sh", file, "python3", "-B", ORACLE, conf, root, ...tag]);
}

for (const [kind, seed] of [["seed 1", 1], ["a random seed", SEED]]) {
  Deno.test(`the archives of ten conf.json files are those of Python's tarfile: ${kind}`, async (t) => {
    await using scratch = new Scratch();
    const root = `${scratch.path}/root`;
    const made = await runPython("make_confs.py", [root, String(seed)]);
    const confs: string[] = JSON.parse(new TextDecoder().decode(made));
    assert.equal(confs.length, 10);
    for (const [index, what] of confs.entries()) {
      await t.step(what, async () => {
        const conf = `${root}/conf-${index}.json`;
        const [ours, python] = [`${scratch.path}/ours.tar`, `${scratch.path}/python.tar`];
        await expected(root, conf, python);
        await stream(root, conf, ours);
        await succeed(["cmp", ours, python]);
      });
    }
  });
}

Deno.test("the image has another name by each spelling of the option", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const conf = scratch.spec(makeConf(root));
  const [ours, python] = [`${scratch.path}/ours.tar`, `${scratch.path}/python.tar`];
  await expected(root, conf, python, "registry.example/other:2");
  for (const option of ["-t", "--repo_tag", "--repo-tag"]) {
    await stream(root, conf, ours, option, "registry.example/other:2");
    await succeed(["cmp", ours, python]);
  }
});

Deno.test("what is now is the time of streaming, with the fraction of a second, and in whole ones", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const conf = scratch.spec({ ...makeConf(root), created: "now", mtime: "now" });
  const file = `${scratch.path}/image.tar`;
  const before = Date.now();
  // Builds of Nix have it set, and nixpkgs' script does not look at it.
  const env = { SOURCE_DATE_EPOCH: "315532800" };
  const run: RunOptions = { env, stdoutFile: file };
  assert.equal((await nixImage(["stream", "--store-root", root, conf], run)).code, 0);
  const { config } = await readImage(file);
  const created = Date.parse(config.created);
  assert.ok(before <= created && created <= Date.now(), config.created);
  assert.match(config.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/);
  const listing = await succeed(["tar", "--list", "--verbose", "--full-time", "--utc", "-f", file]);
  const seconds = new Date(Math.floor(created / 1000) * 1000).toISOString().slice(0, 19);
  for (const line of listing.trim().split("\n")) {
    assert.equal(line.split(/ +/).slice(3, 5).join("T"), seconds, line);
  }
});

Deno.test("a conf.json comes from standard input, and a shell that captures gets the archive", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const stdin = JSON.stringify(makeConf(root));
  const command = [...nixImageCommand(), "stream", "--store-root", root, "-"];
  const captured = ["sh", "-c", 'archive=$("$@"); printf %s "$archive"', "sh", ...command];
  assert.match(await succeed(captured, { stdin }), /"RepoTags": \[\s*"hello:1"/);
});

Deno.test("digests are kept: with them layers are read once, and one that is wrong is found out", async () => {
  await using scratch = new Scratch();
  const { bash } = await buildFixtures("bash");
  const store_layers = (await closureOf(bash)).map((path) => [path]);
  const { customisation_layer, ...others } = makeConf(scratch.path);
  const directory = `${scratch.path}${customisation_layer}`;
  const conf = scratch.spec({ ...others, store_layers, customisation_layer: directory });
  const [first, again] = [`${scratch.path}/first.tar`, `${scratch.path}/again.tar`];
  const run = async (stdoutFile: string) =>
    await nixImage(["stream", conf], {
      env: { XDG_CACHE_HOME: `${scratch.path}/cache` },
      stdoutFile,
    });
  assert.equal((await run(first)).code, 0);
  const digests = `${scratch.path}/cache/nix-image/digests`;
  const keys = [...Deno.readDirSync(digests)].map(({ name }) => name.replace(".tar", ""));
  assert.equal(keys.length, store_layers.length);
  assert.equal((await run(again)).code, 0);
  await succeed(["cmp", first, again]);

  const cache = new DigestCache(digests);
  const kept = await cache.get(keys[0]!);
  await cache.put(keys[0]!, { digest: `sha256:${"0".repeat(64)}`, size: kept!.size });
  const failed = await run(again);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /digest that was kept is not that of the layer's bytes: /);
  assert.equal((await run(again)).code, 0);
  await succeed(["cmp", first, again]);
});

Deno.test("progress is on standard error, nothing at all with --quiet; an unknown key is told", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const conf = scratch.spec({ ...makeConf(root), new_key: 1 });
  const file = `${scratch.path}/image.tar`;
  const said = await stream(root, conf, file);
  assert.match(said, /new_key: unknown key, which is ignored/);
  assert.match(said, /layer 1\/2: 1 path: hello-2\.12\nlayer 2\/2: .*: customisation layer\n/);
  assert.match(said, /hello:1: 2 layers, .*, sha256:[0-9a-f]{64}\n$/);
  assert.equal(await stream(root, conf, file, "--quiet"), "");
});

/** What is wrong, the status, and the whole message with FILE and ROOT for what changes. */
const WRONG: [
  what: string,
  fields: (conf: Record<string, unknown>, root: string) => Record<string, unknown> | void,
  status: number,
  message: string,
][] = [
  [
    "a missing key",
    ({ uid: _, ...conf }) => conf,
    2,
    "FILE: uid: expected an id as a string of digits, found nothing",
  ],
  [
    "no customisation layer",
    ({ customisation_layer: _, ...conf }) => conf,
    2,
    "FILE: customisation_layer: expected an absolute path, found nothing",
  ],
  [
    "a store path elsewhere",
    (conf) => ({ ...conf, store_layers: [[HELLO], [HELLO, "/etc"]] }),
    2,
    'FILE: store_layers[1][1]: expected a store path in /nix/store, found "/etc"',
  ],
  [
    "a time without a zone",
    (conf) => ({ ...conf, created: "2020-01-01T00:00:00" }),
    2,
    'FILE: created: expected "now", or an ISO 8601 time with a zone such as ' +
    '"1970-01-01T00:00:01+00:00", found "2020-01-01T00:00:00"',
  ],
  [
    "variables that are none",
    (conf) => ({ ...conf, config: { Env: ["A=1", 2] } }),
    2,
    "FILE: config.Env[1]: expected a string, found 2",
  ],
  [
    "a store path that is not there",
    (conf) => ({ ...conf, store_layers: [[HELLO.replace("hello", "gone")]] }),
    1,
    "FILE: store_layers[0][0]: ROOT/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gone-2.12 is not " +
    "there: it was removed, or never made on this host",
  ],
  [
    "a base image that is not there",
    (conf) => ({ ...conf, from_image: HELLO.replace("hello", "base") }),
    1,
    "FILE: from_image: ROOT/nix/store/0123456789abcdfghijklmnpqrsvwxyz-base-2.12 is not there: it " +
    "was removed, or never made on this host",
  ],
  [
    "a base image that is none",
    (conf, root) => {
      const path = `${HELLO}-base.tar`;
      Deno.writeFileSync(root + path, new Uint8Array(10240));
      return { ...conf, from_image: path };
    },
    1,
    `FILE: from_image: ROOT${HELLO}-base.tar is no docker-archive: it has no manifest.json`,
  ],
  [
    "a checksum that is none",
    (conf, root) => {
      Deno.writeTextFileSync(`${root}${conf.customisation_layer}/checksum`, "ABC\n");
    },
    1,
    "FILE: customisation_layer: ROOT/nix/store/zyxwvsrqpnmlkjihgfdcba9876543210-hello-" +
    'customisation-layer/checksum: expected 64 hexadecimal digits, found "ABC"',
  ],
  [
    "a customisation layer without a tar",
    (conf, root) => Deno.removeSync(`${root}${conf.customisation_layer}/layer.tar`),
    1,
    "FILE: customisation_layer: ROOT/nix/store/zyxwvsrqpnmlkjihgfdcba9876543210-hello-" +
    "customisation-layer/layer.tar is not there: it was removed, or never made on this host",
  ],
];

for (const [what, change, status, message] of WRONG) {
  Deno.test(`a conf.json with ${what} ends in an error that names the place`, async () => {
    await using scratch = new Scratch();
    const root = `${scratch.path}/root`;
    const conf = makeConf(root);
    const file = scratch.spec(change(conf, root) ?? conf);
    const args = ["stream", "--store-root", root, file];
    const { code, stderr, stdout } = await nixImage(args);
    const shown = stderr.replaceAll(file, "FILE").replaceAll(root, "ROOT");
    assert.deepEqual([shown, code], [`nix-image: ${message}\n`, status]);
    assert.equal(stdout.length, 0);
  });
}

Deno.test("a customisation layer that has another checksum gives no whole archive", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const conf = makeConf(root);
  await Deno.writeTextFile(`${root}${conf.customisation_layer}/checksum`, "0".repeat(64));
  const file = scratch.spec(conf);
  const { code, stderr, text } = await nixImage(["stream", "--store-root", root, file]);
  assert.equal(code, 1);
  assert.match(stderr, /layer\.tar is damaged or another one: it has sha256:[0-9a-f]{64}, not /);
  assert.doesNotMatch(text, /manifest\.json/);
});

Deno.test("options that are for specs are refused with a conf.json", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const file = scratch.spec(makeConf(root));
  for (const options of [["--script"], ["--strict"], ["--docker-v1"], ["--closure", file]]) {
    const { code, stderr } = await nixImage(["stream", ...options, file]);
    const message = `nix-image: ${options[0]} is for a spec, and this is a conf.json of nixpkgs\n`;
    assert.deepEqual([stderr, code], [message, 2]);
  }
});

Deno.test("a spec with a key of a conf.json is still a spec", async () => {
  await using scratch = new Scratch();
  const file = scratch.spec({ name: "app", store_layers: [] });
  const { code, stderr } = await nixImage(["stream", "--tar", file]);
  assert.match(stderr, /: store_layers: unknown field, expected one of name, tag, /);
  assert.deepEqual([stderr.trim().split("\n").length, code], [1, 2]);
});
