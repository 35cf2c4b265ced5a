/**
 * `deno task test [--unit] [FILE…]`: runs the tests and ends with the line `N passed, N failed`.
 * Unit tests run in parallel in one run of `deno test`, the integration tests after them in lanes.
 * @module
 */

import { denoTest } from "./deno_test.ts";
import { addCounts, type Counts } from "./junit.ts";
import { ensurePrograms } from "./programs.ts";
import { runTask } from "./programs_missing.ts";
import { PROJECT } from "./program_command.ts";
import { runInLanes } from "./test_lanes.ts";
import { INTEGRATION_NEEDS, UNIT_NEEDS } from "./test_needs.ts";
import { slowFirst } from "./test_order.ts";

const INTEGRATION = "tests/integration/";

/** One file more than processors: some wait for programs that they have started. */
const UNIT_JOBS = { DENO_JOBS: `${navigator.hardwareConcurrency + 1}` };

await runTask(async () => {
  const unitOnly = Deno.args.includes("--unit");
  const named = Deno.args.filter((argument) => argument !== "--unit");
  const files = slowFirst(named.length > 0 ? named : testFiles("tests"));
  const unit = files.filter((file) => !file.includes(INTEGRATION));
  const integration = unitOnly ? [] : files.filter((file) => file.includes(INTEGRATION));
  const examples = named.length === 0 ? ["--doc", "mod.ts"] : [];

  if (unit.length > 0) ensurePrograms(UNIT_NEEDS);
  if (integration.length > 0) ensurePrograms(INTEGRATION_NEEDS);
  const signal = interruption();
  const runs: Counts[] = [];
  if (unit.length > 0) {
    runs.push(await denoTest(["--parallel", ...examples, ...unit], { env: UNIT_JOBS, signal }));
  }
  runs.push(...await runInLanes(integration, signal));
  const { passed, failed } = runs.reduce(addCounts, { passed: 0, failed: 0 });
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 || signal.aborted ? 1 : 0;
});

/** Aborted by Ctrl-C and SIGTERM, so that what was started ends before the task does. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => controller.abort());
  }
  return controller.signal;
}

function testFiles(directory: string): string[] {
  return [...Deno.readDirSync(`${PROJECT}/${directory}`)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return testFiles(path);
    return name.endsWith("_test.ts") ? [path] : [];
  }).sort();
}
