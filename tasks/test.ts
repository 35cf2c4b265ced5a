/**
 * `deno task test [--unit] [FILE…]`: runs the tests and ends with the line `N passed, N failed`.
 * Unit tests run in parallel, the integration tests one after the other with one Docker daemon.
 * @module
 */

import { startDockerd } from "../tests/support/dockerd.ts";
import { addCounts, type Counts, countTests } from "./junit.ts";
import { ensurePrograms } from "./programs.ts";
import { runTask } from "./programs_missing.ts";
import { PROJECT } from "./program_command.ts";
import { INTEGRATION_NEEDS, UNIT_NEEDS } from "./test_needs.ts";

const INTEGRATION = "tests/integration/";

await runTask(async () => {
  const unitOnly = Deno.args.includes("--unit");
  const named = Deno.args.filter((argument) => argument !== "--unit");
  const files = named.length > 0 ? named : testFiles("tests");
  const unit = files.filter((file) => !file.includes(INTEGRATION));
  const integration = unitOnly ? [] : files.filter((file) => file.includes(INTEGRATION));
  const examples = named.length === 0 ? ["--doc", "mod.ts"] : [];

  if (unit.length > 0) ensurePrograms(UNIT_NEEDS);
  if (integration.length > 0) ensurePrograms(INTEGRATION_NEEDS);
  let total: Counts = { passed: 0, failed: 0 };
  let failed = false;
  if (unit.length > 0) {
    const run = denoTest(["--parallel", ...examples, ...unit], {});
    total = addCounts(total, run.counts);
    failed ||= run.code !== 0;
  }
  if (integration.length > 0) {
    await using dockerd = await startDockerd();
    const run = denoTest(integration, { NIX_IMAGE_TEST_DOCKER_HOST: dockerd.host });
    total = addCounts(total, run.counts);
    failed ||= run.code !== 0;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return failed || total.failed > 0 || total.passed === 0 ? 1 : 0;
});

/** Runs `deno test`, whose output streams through; the counts come from its report. */
function denoTest(args: readonly string[], env: Record<string, string>) {
  const report = Deno.makeTempFileSync({ prefix: "nix-image-tests-", suffix: ".xml" });
  try {
    const { code } = new Deno.Command(Deno.execPath(), {
      args: [
        "test",
        // `deno task ok` and CI do that once for all files.
        "--no-check",
        "--allow-all",
        "--sanitize-ops",
        "--sanitize-resources",
        `--junit-path=${report}`,
        ...args,
      ],
      cwd: PROJECT,
      env,
      stdout: "inherit",
      stderr: "inherit",
    }).outputSync();
    return { code, counts: countTests(Deno.readTextFileSync(report)) };
  } finally {
    Deno.removeSync(report);
  }
}

function testFiles(directory: string): string[] {
  return [...Deno.readDirSync(`${PROJECT}/${directory}`)].flatMap(({ name, isDirectory }) => {
    const path = `${directory}/${name}`;
    if (isDirectory) return testFiles(path);
    return name.endsWith("_test.ts") ? [path] : [];
  }).sort();
}
