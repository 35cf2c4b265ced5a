/**
 * `stream` and `build` that are ended while a spec's commands run.
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { nixImage, nixImageCommand } from "../support/program.ts";
import { samples, SEED } from "../support/samples.ts";
import { Scratch } from "../support/scratch.ts";

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** Directories of one test: for temporary files, and for the image. */
class Places {
  readonly temporary: string;
  readonly output: string;
  readonly env: Record<string, string>;

  constructor(scratch: Scratch) {
    this.temporary = `${scratch.path}/temporary`;
    this.output = `${scratch.path}/output`;
    for (const path of [this.temporary, this.output]) Deno.mkdirSync(path);
    this.env = { TMPDIR: this.temporary };
  }

  /** The command lines of what commands have started: they have a TMPDIR below ours. */
  processes(): string[] {
    const found: string[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      try {
        const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
        if (!environment.includes(`TMPDIR=${this.temporary}/`)) continue;
        const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
        found.push(`${name}: ${words.join(" ").slice(0, 100)}`);
      } catch {
        // It has just ended, or is the kernel's.
      }
    }
    return found;
  }

  /** The same once they had some seconds to end. */
  async lastProcesses(): Promise<string[]> {
    const limit = Date.now() + 30_000;
    while (this.processes().length > 0 && Date.now() < limit) {
      await new Promise((done) => setTimeout(done, 50));
    }
    return this.processes();
  }
}

function spawn(args: readonly string[], env: Record<string, string>): Deno.ChildProcess {
  const [program = "", ...rest] = [...nixImageCommand(), ...args];
  return new Deno.Command(program, {
    args: rest,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits until the commands say that they have come so far. */
async function untilReady(stderr: ReadableStream<Uint8Array>): Promise<void> {
  let text = "";
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("ready\n")) {
    const { value, done } = await reader.read();
    assert.ok(!done, text);
    text += value;
  }
  await reader.cancel();
}

/** Makes files for as long as it runs. */
const BUSY = "mkdir busy; cd busy; echo ready; i=0; while :; do i=$((i + 1)); : >$i; done";
const ASLEEP = "mkdir home; chown 1000 home; chmod 0 home; echo ready; sleep 1000";

for (
  const [signal, status, verb, commands] of [
    ["SIGINT", 130, "build", { fakeRootCommands: ASLEEP }],
    ["SIGTERM", 143, "stream", { fakeRootCommands: ASLEEP }],
    ["SIGTERM", 143, "build", { extraCommands: BUSY }],
    ["SIGINT", 130, "stream", { fakeRootCommands: BUSY }],
    ["SIGHUP", 129, "layer", { extraCommands: ASLEEP.replace("chown 1000 home;", "") }],
  ] as const
) {
  const field = Object.keys(commands).join();
  const does = Object.values(commands).join() === BUSY ? "write files" : "sleep";
  Deno.test(`${signal} ends ${verb} with status ${status} while ${field} ${does}, and nothing stays behind`, async () => {
    await using scratch = new Scratch();
    const places = new Places(scratch);
    const spec = scratch.spec({ name: "interrupted", ...commands });
    const output = verb === "stream" ? [] : ["-o", `${places.output}/image`];
    const child = spawn([verb, spec, ...output], places.env);
    const stdout = new Response(child.stdout).bytes();
    await untilReady(child.stderr);
    assert.notDeepEqual(places.processes(), []);
    child.kill(signal);
    assert.equal((await child.status).code, status);
    assert.equal((await stdout).length, 0);
    assert.deepEqual(namesIn(places.temporary), []);
    assert.deepEqual(namesIn(places.output), []);
    assert.deepEqual(await places.lastProcesses(), []);
  });
}

Deno.test(`a build with commands, killed at random moments, leaves nothing that the next one does not remove (SEED=${SEED})`, async () => {
  await using scratch = new Scratch();
  const places = new Places(scratch);
  const spec = scratch.spec({
    name: "killed",
    tag: "latest",
    extraCommands: "mkdir a; sleep 0.2; head -c 3000000 /dev/zero >a/zeros",
    fakeRootCommands: "chown 1000:100 a/zeros; sleep 0.2; chmod 0 a; mkdir b",
  });
  const target = `${places.output}/image.tar.gz`;
  const build = ["build", spec, "--quiet", "-o", target];
  const start = performance.now();
  assert.equal((await nixImage(build, { env: places.env })).code, 0);
  const duration = performance.now() - start;
  const whole = await Deno.readFile(target);
  await Deno.remove(target);

  let left = 0;
  for (const moment of samples(fc.noBias(fc.nat(1000)), 10)) {
    const child = spawn(build, places.env);
    await new Promise((done) => setTimeout(done, moment / 1000 * duration));
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // It was quicker.
    }
    await child.output();
    assert.deepEqual(await places.lastProcesses(), [], `killed at ${moment}`);
    left += namesIn(places.temporary).length;
    if (!namesIn(places.output).includes("image.tar.gz")) continue;
    assert.deepEqual(await Deno.readFile(target), whole);
    await Deno.remove(target);
  }
  assert.ok(left > 0, "some were killed in the middle");

  const { code, stderr } = await nixImage(build, { env: places.env });
  assert.equal(code, 0, stderr);
  assert.deepEqual(namesIn(places.temporary), []);
  assert.deepEqual(namesIn(places.output), ["image.tar.gz"]);
  assert.deepEqual(await Deno.readFile(target), whole);
});
