import assert from "node:assert/strict";
import { denoTest } from "../../tasks/deno_test.ts";
import { inDirectory } from "../support/directories.ts";

/** What comes of a run of a test file with this text. */
async function outcome(text: string) {
  let said = "", counts = {};
  await inDirectory(async (directory) => {
    const file = `${directory}/a_test.ts`;
    Deno.writeTextFileSync(file, text);
    counts = await denoTest([file], { onOutput: (output) => said += output });
  });
  return { counts, said };
}

const PASSES = 'Deno.test("passes", () => console.log("what it prints"));\n';

Deno.test("denoTest() counts what a run says, and passes on all of it at once", async () => {
  const fails = 'Deno.test("fails", () => { throw new Error("no"); });\n';
  const passed = await outcome(PASSES);
  assert.deepEqual(passed.counts, { passed: 1, failed: 0 });
  assert.match(passed.said, /what it prints/);
  assert.deepEqual((await outcome(PASSES + fails)).counts, { passed: 1, failed: 1 });
});

Deno.test("denoTest() counts a run that died as a failure, and says so", async () => {
  const killed = await outcome(
    `${PASSES}Deno.test("dies", () => Deno.kill(Deno.pid, "SIGKILL"));\n`,
  );
  assert.deepEqual(killed.counts, { passed: 0, failed: 1 });
  assert.match(killed.said, /\/a_test\.ts: exit status 137, and no report\n$/);
  const unreadable = await outcome(`${PASSES}throw new Error("not loaded");\n`);
  assert.deepEqual(unreadable.counts, { passed: 0, failed: 1 });
});
