/**
 * The verbs and options that need a real store but no Docker daemon.
 * @module
 */

import assert from "node:assert/strict";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { findProgram } from "../../tasks/programs.ts";
import { VERBS } from "../../src/command_line/verbs.ts";
import { buildFixtures, closureOf } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, runCommand, succeed } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const { hello, message } = await buildFixtures("hello", "message");
const SPEC = { name: "app", contents: [hello], config: { Cmd: [`${hello}/bin/hello`] } };

interface PlanJson {
  readonly repoTag: string;
  readonly size: number;
  readonly layers: readonly { readonly paths: readonly string[]; readonly size: number }[];
}

async function planOf(args: readonly string[]): Promise<PlanJson> {
  const { code, text, stderr } = await nixImage(["plan", "--json", ...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(text);
}

Deno.test("plan --json lists each path of the closure once, lowest layer first, with NAR sizes", async () => {
  await using scratch = new Scratch();
  const plan = await planOf([scratch.spec(SPEC)]);
  const closure = await closureOf(hello);
  assert.deepEqual(plan.layers.flatMap(({ paths }) => paths).sort(), closure.sort());
  const sizes = await succeed(["nix-store", "--query", "--size", ...closure]);
  const total = sizes.trim().split("\n").reduce((sum, size) => sum + Number(size), 0);
  assert.equal(plan.size, total);
  assert.equal(plan.layers.reduce((sum, { size }) => sum + size, 0), total);
  assert.ok(plan.layers.at(-1)?.paths.includes(hello), "what nothing refers to comes last");
});

Deno.test("plan prints a table that ends with the image's name and totals", async () => {
  await using scratch = new Scratch();
  const { code, text } = await nixImage(["plan", "-t", "app:1", scratch.spec(SPEC)]);
  assert.equal(code, 0);
  const lines = text.trimEnd().split("\n");
  assert.match(lines[0] ?? "", /^LAYER +SIZE +PATHS +STORE PATHS +WHY$/);
  const paths = (await closureOf(hello)).length;
  assert.match(lines.at(-1) ?? "", new RegExp(`^app:1: \\d+ layers, ${paths} store paths, .* MB$`));
});

Deno.test("schema prints the JSON Schema of the spec", async () => {
  const { code, text } = await nixImage(["schema"]);
  assert.equal(code, 0);
  const schema = JSON.parse(text);
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assert.deepEqual(schema.required, ["name"]);
});

Deno.test("a store path that config alone mentions joins the image with its closure", async () => {
  await using scratch = new Scratch();
  const config = { Labels: { note: `See ${message}.`, [`${hello}/bin`]: "" } };
  const plan = await planOf([scratch.spec({ name: "app", config })]);
  const paths = plan.layers.flatMap((layer) => layer.paths);
  assert.deepEqual(paths.sort(), (await closureOf(hello, message)).sort());
});

Deno.test("a store path that is not in the store is named, with what to do", async () => {
  await using scratch = new Scratch();
  const missing = "/nix/store/00000000000000000000000000000000-missing";
  const contents = await nixImage(["plan", scratch.spec({ name: "app", contents: [missing] })]);
  assert.equal(contents.code, 1);
  assert.match(
    contents.stderr,
    /^nix-image: Not in the Nix store; build it, .*:\n {2}\/nix\/store\/0{32}-missing\n$/,
  );
  const config = await nixImage([
    "plan",
    scratch.spec({ name: "app", config: { Cmd: ["sh", `${missing}/bin/x`] } }),
  ]);
  assert.equal(config.code, 1);
  assert.match(
    config.stderr,
    /^nix-image: config\.Cmd\[1\]: \/nix\/store\/0{32}-missing is not in /,
  );
});

Deno.test("the closure takes two calls of nix-store, however many paths it has", async () => {
  await using scratch = new Scratch();
  const bin = `${scratch.path}/bin`;
  await Deno.mkdir(bin);
  const real = findProgram("nix-store");
  const shim = `#!/bin/sh\necho "$*" >>${scratch.path}/calls\nexec ${real} "$@"\n`;
  await Deno.writeTextFile(`${bin}/nix-store`, shim, { mode: 0o755 });
  const path = `${bin}:${Deno.env.get("PATH")}`;
  const { code } = await nixImage(["plan", scratch.spec(SPEC)], { env: { PATH: path } });
  assert.equal(code, 0);
  const calls = (await Deno.readTextFile(`${scratch.path}/calls`)).trimEnd().split("\n");
  assert.equal(calls.length, 2, calls.join("\n"));
});

Deno.test("--closure takes what nix path-info prints, starts no nix program, and gives the same bytes", async () => {
  await using scratch = new Scratch();
  const graph = `${scratch.path}/graph.json`;
  const nix = ["nix", "--extra-experimental-features", "nix-command", "path-info"];
  const printed = await succeed([...nix, "--json", "--recursive", hello], {
    env: nixEnvironment(),
  });
  await Deno.writeTextFile(graph, printed);
  // A PATH with sh alone.
  const bin = `${scratch.path}/bin`;
  await Deno.mkdir(bin);
  await Deno.symlink("/bin/sh", `${bin}/sh`);
  const spec = scratch.spec(SPEC);
  const stream = ["stream", "--quiet", "--tar", spec];
  const [program = "", ...words] = nixImageCommand();
  const alone = await runCommand(
    [program, ...words, ...stream, "--closure", graph],
    { env: { PATH: bin } },
  );
  assert.equal(alone.code, 0, alone.stderr);
  const usual = await nixImage(stream);
  assert.equal(usual.code, 0, usual.stderr);
  assert.deepEqual(alone.stdout, usual.stdout);
});

Deno.test("--store-root reads a chroot store, whose paths are still those of /nix/store", async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const script = 'root=$1; shift; nix-store --export "$@" | ' +
    'nix-store --store "local?root=$root" --option require-sigs false --import';
  await succeed(["sh", "-c", script, "sh", root, ...await closureOf(hello)], {
    env: nixEnvironment(),
  });
  const spec = scratch.spec(SPEC);
  const inRoot = await nixImage(["stream", "--quiet", spec, "--store-root", root]);
  assert.equal(inRoot.code, 0, inRoot.stderr);
  assert.deepEqual(inRoot.stdout, (await nixImage(["stream", "--quiet", spec])).stdout);

  const none = await nixImage(["stream", spec, "--store-root", `${scratch.path}/none`]);
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /--store-root: no store there: .*\/none\/nix\/store is not a directory/,
  );
  await assert.rejects(Deno.stat(`${scratch.path}/none`), Deno.errors.NotFound);

  const refused = await nixImage(["stream", spec, "--store-root", "/dev/shm"]);
  // Deno 2.6 lets a program see what is in /dev.
  const seen = refused.stderr.includes("no store there: /dev/shm/nix/store is not a directory");
  assert.equal(refused.code, seen ? 2 : 1);
  const message = /^nix-image: Cannot read \/dev\/shm\/nix\/store: Deno gives no program/;
  if (!seen) assert.match(refused.stderr, message);
});

Deno.test("wrong usage ends with status 2 and says what is wrong", async () => {
  await using scratch = new Scratch();
  const spec = scratch.spec(SPEC);
  const cases: [args: string[], message: RegExp][] = [
    [[], /Usage: nix-image COMMAND/],
    [["strem"], /unknown command 'strem'\n\(Did you mean stream\?\)/],
    [["stream"], /Missing the spec/],
    [
      ["stream", spec, "--layr-names", "digest"],
      /unknown option .*\n\(Did you mean --layer-names\?\)/,
    ],
    [["stream", spec, "--layer-names=x"], /Allowed choices are identity, digest/],
    [["stream", spec, "--tar", "--script"], /cannot be used with/],
    [["stream", spec, "-t", "UPPER:1"], /--repo-tag: expected NAME:TAG/],
    [["stream", spec, "-t", "name"], /--repo-tag: expected NAME:TAG/],
    [["plan"], /Missing what to plan: a spec \(a JSON file, or -\), or a --closure/],
    [["build"], /missing required argument 'spec'/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr, text } = await nixImage(args);
    assert.equal(code, 2, args.join(" "));
    assert.equal(text, "");
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
});

Deno.test("--help lists every command, and every command has examples in its own", async () => {
  const { code, text } = await nixImage(["--help"]);
  assert.equal(code, 0);
  const { text: parsed } = await nixImage(["help"]);
  assert.equal(parsed.trimEnd(), text.trimEnd());
  const commands = [...text.matchAll(/^ {2}([a-z]+) .*$/gm)].map(([, name = ""]) => name);
  const verbs = Object.values(VERBS).flat();
  assert.deepEqual(commands, verbs.map(({ name }) => name));
  for (const command of commands) {
    const help = await nixImage([command, "--help"]);
    assert.equal(help.code, 0);
    assert.match(help.text, new RegExp(`Usage: nix-image ${command}[^]*Examples?:\\n {2}\\S`));
  }
});
