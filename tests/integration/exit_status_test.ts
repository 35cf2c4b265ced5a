/**
 * How all verbs end: exit status, what they say, and what they leave behind.
 * @module
 */

import assert from "node:assert/strict";
import { VERBS } from "../../src/command_line/verbs.ts";
import { nixImage, nixImageCommand, runCommand, type RunResult } from "../support/program.ts";
import { Scratch } from "../support/scratch.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

const spec = scratch.spec({
  name: "status",
  tag: "1",
  files: [{ type: "file", path: "/file", text: "x".repeat(200_000) }],
});
const image = `${scratch.path}/image.tar`;
const building = await nixImage(["build", spec, "--compressor", "none", "-q", "-o", image]);
assert.equal(building.code, 0, building.stderr);
const broken = `${scratch.path}/broken.json`;
Deno.writeTextFileSync(broken, '{"name": "broken", "contnts": []}');
const junk = `${scratch.path}/junk`;
Deno.writeFileSync(junk, crypto.getRandomValues(new Uint8Array(5000)));
const none = `${scratch.path}/none`;
const output = `${scratch.path}/output`;
Deno.mkdirSync(output);

/** Nobody listens there. */
const NOWHERE = "docker://127.0.0.1:1/none:1";

function runs(args: readonly string[], stdin?: string): Promise<RunResult> {
  return nixImage(args, stdin === undefined ? {} : { stdin });
}

/** A run that fails has said so on standard error, for people, and has left nothing. */
async function assertFails(args: readonly string[], status: number, stdin?: string) {
  const { code, stdout, stderr } = await runs(args, stdin);
  const what = `${args.join(" ")}\n${stderr}`;
  assert.equal(code, status, what);
  assert.equal(stdout.length, 0, what);
  assert.match(stderr, /^nix-image: /m, what);
  assert.doesNotMatch(stderr, /\n\s+at |defect/, what);
  assert.deepEqual([...Deno.readDirSync(output)], [], what);
}

for (const { name } of Object.values(VERBS).flat()) {
  Deno.test(`${name} with an option that there is not ends with status 2`, async () => {
    await assertFails([name, "--no-such-option"], 2);
  });
}

Deno.test("options and arguments that do not go together end with status 2", async () => {
  for (
    const args of [
      ["stream", spec, "--quiet", "--verbose"],
      ["build", spec, "extra", "-o", `${output}/x`],
      ["build", spec, "--format", "oci", "--docker-v1", "-o", `${output}/x`],
      ["load", image, "--engine", "other"],
      ["load", image, "--strict"],
      ["push", image, "registry.example/app@sha256:0"],
      ["index", spec],
      ["shell", none],
      ["layer", spec],
      ["plan"],
      ["inspect", image, "--strict"],
      ["diff", image],
      ["check"],
      ["pull", "UPPER:1", "-o", `${output}/x`],
      ["prefetch", "alpine@sha256:0"],
      ["merge", image],
      ["export", image, "--platform", "x/y/z/w"],
      ["helper", "other"],
    ]
  ) await assertFails(args, 2);
});

Deno.test("a spec that is wrong or is not there ends with status 2", async () => {
  const rest: Record<string, string[]> = {
    stream: [],
    build: ["-o", `${output}/x`],
    load: [],
    push: [NOWHERE],
    index: ["-o", `${output}/x`],
    layer: ["-o", `${output}/x`],
    plan: [],
    inspect: [],
  };
  for (const [verb, args] of Object.entries(rest)) {
    await assertFails([verb, broken, ...args], 2);
    await assertFails([verb, "-", ...args], 2, '{"name": ');
  }
  for (const verb of ["stream", "build", "layer", "plan"]) {
    await assertFails([verb, none, ...rest[verb] ?? []], 2);
  }
});

Deno.test("an image that is none or is not there, and a host that does not answer, end with status 1", async () => {
  for (const path of [junk, none]) {
    for (
      const args of [
        ["load", path],
        ["push", path, NOWHERE],
        ["index", path, "-o", `${output}/x`],
        ["inspect", path],
        ["diff", image, path],
        ["merge", path, "-o", `${output}/x`],
        ["export", path],
        ["export", path, "-o", `${output}/x`],
        ["stream", spec, "--previous", path],
      ]
    ) await assertFails(args, 1);
  }
  await assertFails(["check", none], 1);
  await assertFails(["tarsum"], 1, "junk");
  await assertFails(["push", image, NOWHERE], 1);
  await assertFails(["pull", "127.0.0.1:1/none", "-o", `${output}/x`], 1);
  await assertFails(["prefetch", "127.0.0.1:1/none"], 1);
});

Deno.test("a path that can not be written ends with status 1", async () => {
  const path = `${none}/x`;
  for (
    const args of [
      ["build", spec, "-o", path],
      ["build", spec, "--format", "oci", "-o", path],
      ["index", image, "-o", path],
      ["layer", spec, "-o", path],
      ["merge", image, "-o", path],
      ["export", image, "-o", path],
      ["plan", spec, "--graph", `${path}.svg`],
    ]
  ) await assertFails(args, 1);
});

/** Runs that print something. */
const PRINTING = [
  ["--help"],
  ["plan", "--help"],
  ["--version"],
  ["stream", spec],
  ["build", spec, "--json", "-o", `${scratch.path}/again.tar`],
  ["plan", spec],
  ["plan", spec, "--json"],
  ["inspect", image],
  ["diff", image, image, "--json"],
  ["check", image, "--json"],
  ["export", image],
  ["schema"],
  ["helper", "shadow-setup"],
];

/** Runs a command in a shell, in which `$@` are the words that start it. */
function inShell(script: string, args: readonly string[]): Promise<RunResult> {
  return runCommand(["bash", "-c", script, "bash", ...nixImageCommand(), ...args]);
}

for (const args of PRINTING) {
  const shown = args.filter((word) => !word.startsWith("/")).join(" ");
  Deno.test(`${shown}: a full disk is an error, a reader that goes is none`, async () => {
    const full = await inShell('"$@" >/dev/full', args);
    assert.equal(full.code, 1, full.stderr);
    assert.match(full.stderr, /^nix-image: Cannot write to standard output: No space left/m);
    assert.doesNotMatch(full.stderr, /\n\s+at |defect/);

    // The reader has gone before there is anything to read.
    const gone = await inShell(
      '{ sleep 0.1; "$@" 2>&3; echo "status $?" >&3; } 3>&2 | : 3>&-',
      args,
    );
    assert.match(gone.stderr, /^status 1$/m);
    assert.doesNotMatch(gone.stderr, /\n\s+at |defect|^nix-image: (?!status)/m);

    const silent = await inShell(
      '"$@" 2>/dev/full | cat >/dev/null; exit "${PIPESTATUS[0]}"',
      args,
    );
    assert.equal(silent.code, 0);
  });
}
