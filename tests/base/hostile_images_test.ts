import assert from "node:assert/strict";
import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import { askPython } from "../support/python.ts";
import { Scratch } from "../support/scratch.ts";

/** What tests/support/make_hostile_images.py says of a case. */
interface HostileCase {
  readonly name: string;
  readonly path: string;
  readonly error: string | null;
}

/** What tests/support/run_measured.py says of a run. */
interface Measured {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
  readonly memory: number;
}

/** What the probe says of a path. */
interface Answer {
  readonly error: string | null;
  readonly polluted: boolean;
  readonly milliseconds: number;
}

const MOST_MEMORY = 256 * 2 ** 20;

/** Some take up to ten on a machine that has nothing else to do: a GiB is decompressed. */
const MOST_SECONDS = 60;

const PROBE = new URL("open_images_probe.ts", import.meta.url).pathname;

/** Root may read everything; without these capabilities it is held to the mode of a file. */
const HELD = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());

async function probe(paths: readonly string[]): Promise<[Answer[], Measured]> {
  const held = Deno.uid() === 0 ? HELD : [];
  const run = [Deno.execPath(), "run", ...RUN_OPTIONS, "--no-check", PROBE];
  const question = { command: [...held, ...run, ...paths], seconds: MOST_SECONDS };
  const measured = await askPython<Measured>("run_measured.py", question);
  assert.equal(measured.code, 0, `${paths}: ${measured.stderr.slice(0, 2000)}`);
  return [measured.stdout.trim().split("\n").map((line) => JSON.parse(line)), measured];
}

function checkAnswer({ name, error: expected }: HostileCase, { error, polluted }: Answer): void {
  assert.equal(polluted, false, name);
  if (expected === null) return assert.equal(error, null, name);
  assert.ok(error !== null, `${name} was read as usual`);
  assert.match(error, new RegExp(expected), name);
  // Nothing that a terminal would act on, and no more than one wants to read.
  assert.doesNotMatch(error, /(?!\n)\p{Cc}|[\u2028-\u202e\u2066-\u2069]/u, name);
  assert.ok(error.length < 1000, `${name}: ${error.length} characters`);
}

async function makeCases(heavy: boolean): Promise<HostileCase[]> {
  const directory = `${scratch.path}/${heavy ? "heavy" : "light"}`;
  await Deno.mkdir(directory);
  return await askPython<HostileCase[]>("make_hostile_images.py", { directory, heavy });
}

/** Everything below the directory that the cases are in, with its size and times. */
async function listing(): Promise<string> {
  const script = 'find "$1" -printf "%P %s %T@ %C@\\n" | sort';
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, "sh", scratch.path] })
    .output();
  return new TextDecoder().decode(stdout);
}

Deno.test("images that do harm end in an error that says why, and nothing is written", async () => {
  const cases = await makeCases(false);
  const before = await listing();
  const [answers, { memory }] = await probe(cases.map(({ path }) => path));
  assert.equal(answers.length, cases.length);
  for (const [index, answer] of answers.entries()) {
    checkAnswer(cases[index]!, answer);
    assert.ok(answer.milliseconds < 5000, `${cases[index]!.name}: ${answer.milliseconds} ms`);
  }
  assert.ok(memory < MOST_MEMORY, `${memory} bytes`);
  assert.equal(await listing(), before);
});

Deno.test("images that would take all memory or time take neither", async () => {
  const cases = await makeCases(true);
  const waiting = [...cases];
  const work = async () => {
    for (let next; (next = waiting.shift());) {
      const [[answer], { memory }] = await probe([next.path]);
      checkAnswer(next, answer!);
      assert.ok(memory < MOST_MEMORY, `${next.name}: ${memory} bytes`);
    }
  };
  await Promise.all([work(), work()]);
});
