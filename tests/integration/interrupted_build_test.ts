/**
 * `nix-image build` that is ended in the middle.
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { buildFixtures } from "../support/nix_paths.ts";
import { nixImage, nixImageCommand, succeed } from "../support/program.ts";
import { samples, SEED } from "../support/samples.ts";
import { Scratch } from "../support/scratch.ts";

const { big } = await buildFixtures("big");

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

const partsIn = (directory: string) => namesIn(directory).filter((name) => name.endsWith("-part"));

/** A compressor that takes nothing and goes on until its parent, the program, has ended. */
const STUCK = `#!/bin/sh
: >"$(/usr/bin/dirname "$0")/stuck"
while kill -0 $PPID; do /bin/sleep 0.05; done`;

/** Starts a build that gets stuck, and waits until it is. */
async function startStuckBuild(scratch: Scratch, target: string): Promise<Deno.ChildProcess> {
  const bin = await Deno.makeTempDir({ dir: scratch.path });
  await Deno.writeTextFile(`${bin}/pigz`, STUCK, { mode: 0o755 });
  const [program = "", ...args] = [
    ...nixImageCommand(),
    "build",
    scratch.spec({ name: "stuck", contents: [big] }),
    "--quiet",
    "-o",
    target,
  ];
  const child = new Deno.Command(program, {
    args,
    env: { PATH: `${bin}:${Deno.env.get("PATH")}` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  while (!namesIn(bin).includes("stuck")) await new Promise((done) => setTimeout(done, 20));
  return child;
}

for (const [signal, status] of [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} ends a build with status ${status}, and it leaves nothing behind`, async () => {
    await using scratch = new Scratch();
    const output = `${scratch.path}/output`;
    await Deno.mkdir(output);
    await Deno.writeTextFile(`${output}/image`, "the one before");
    const child = await startStuckBuild(scratch, `${output}/image`);
    assert.equal(partsIn(output).length, 1);
    child.kill(signal);
    const { code, stdout, stderr } = await child.output();
    assert.deepEqual([code, stdout.length, new TextDecoder().decode(stderr)], [status, 0, ""]);
    assert.deepEqual(namesIn(output), ["image"]);
    assert.equal(await Deno.readTextFile(`${output}/image`), "the one before");
  });
}

Deno.test("what a killed build leaves is removed by the next one, but not what a running one writes", async () => {
  await using scratch = new Scratch();
  const output = `${scratch.path}/output`;
  await Deno.mkdir(output);
  const killed = await startStuckBuild(scratch, `${output}/image`);
  const [left = ""] = partsIn(output);
  killed.kill("SIGKILL");
  await killed.output();
  assert.deepEqual(namesIn(output), [left]);
  // Names that only look alike.
  const others = [".image.0.nix-image-part", `.images.${"0".repeat(16)}.nix-image-part`];
  for (const name of others) await Deno.writeTextFile(`${output}/${name}`, "");

  const running = await startStuckBuild(scratch, `${output}/image`);
  const before = namesIn(output);
  assert.ok(!before.includes(left), "the running one has removed what was left");
  const small = scratch.spec({ name: "small" });
  const { code, stderr } = await nixImage(["build", small, "-q", "-o", `${output}/image`]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(namesIn(output), [...before, "image"].sort());
  running.kill("SIGTERM");
  await running.output();
  assert.deepEqual(namesIn(output), [...others, "image"].sort());
});

Deno.test(`a build killed at 20 random moments leaves no partial file (SEED=${SEED})`, async () => {
  await using scratch = new Scratch();
  const root = `${scratch.path}/root`;
  const output = `${scratch.path}/output`;
  const target = `${output}/image.tar.gz`;
  await Deno.mkdir(output);
  const env = { ...nixEnvironment(), NIX_REMOTE: `local?root=${root}` };
  // Takes a while to compress, as nothing in it repeats.
  const random = `${scratch.path}/random`;
  await succeed(["sh", "-c", 'head -c 10000000 /dev/urandom >"$1"', "sh", random]);
  const path = (await succeed(["nix-store", "--add", random], { env })).trim();
  const spec = scratch.spec({ name: "killed", tag: "latest", config: { Cmd: [path] } });
  const build = ["build", spec, "--quiet", "--store-root", root, "-o", target];

  const start = performance.now();
  assert.equal((await nixImage(build)).code, 0);
  const duration = performance.now() - start;
  const whole = await Deno.readFile(target);
  await Deno.remove(target);

  let left = 0;
  // Thousandths of the time that a whole build takes, each as likely as the other.
  for (const moment of samples(fc.noBias(fc.nat(1000)), 20)) {
    const [program = "", ...args] = [...nixImageCommand(), ...build];
    const child = new Deno.Command(program, { args, stdin: "null" }).spawn();
    await new Promise((done) => setTimeout(done, moment / 1000 * duration));
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It was quicker.
    }
    await child.status;
    const names = namesIn(output);
    const parts = partsIn(output);
    assert.ok(parts.length <= 1, `${names}: what was left before is removed`);
    left += parts.length;
    if (names.length === parts.length) continue;
    assert.deepEqual(names.filter((name) => !parts.includes(name)), ["image.tar.gz"]);
    assert.deepEqual(await Deno.readFile(target), whole);
    await Deno.remove(target);
  }
  assert.ok(left > 0, "some were killed in the middle");

  const { code, stderr } = await nixImage(build);
  assert.equal(code, 0, stderr);
  assert.deepEqual(namesIn(output), ["image.tar.gz"]);
  await succeed(["gzip", "-t", target]);
  assert.deepEqual(await Deno.readFile(target), whole);
  await succeed(["sh", "-c", 'gzip -dc "$1" >"$2"', "sh", target, `${scratch.path}/image.tar`]);
  await succeed(["skopeo", "inspect", `docker-archive:${scratch.path}/image.tar`]);
});
