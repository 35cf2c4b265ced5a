/**
 * One run of `deno test`.
 * @module
 */

import { type Counts, countTests } from "./junit.ts";
import { PROJECT } from "./program_command.ts";

/** How a run differs from a plain one. */
export interface DenoTestOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps what is printed until the run has ended, so that it does not mix with another one's. */
  readonly together?: boolean;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/**
 * Runs `deno test` with these arguments; the counts come from its report. A run that fails without a
 * failed test, such as one that was killed, is one failure: what it would have run is not known.
 */
export async function denoTest(
  args: readonly string[],
  { env = {}, together = false, signal }: DenoTestOptions,
): Promise<Counts> {
  const report = Deno.makeTempFileSync({ prefix: "nix-image-tests-", suffix: ".xml" });
  const command = [Deno.execPath(), ...OPTIONS, `--junit-path=${report}`, ...args];
  try {
    const child = new Deno.Command("sh", {
      args: ["-c", together ? 'exec "$@" 2>&1' : 'exec "$@"', "sh", ...command],
      cwd: PROJECT,
      env,
      signal,
      stdout: together ? "piped" : "inherit",
      stderr: "inherit",
    }).spawn();
    if (together) printWhole(await new Response(child.stdout).bytes());
    const { code } = await child.status;
    const text = Deno.readTextFileSync(report);
    const counts = countTests(text);
    if (text !== "" && (code === 0 || counts.failed > 0)) return counts;
    const how = text === "" ? "no report" : "no failed test in its report";
    console.log(`\ndeno test ${args.join(" ")}: exit status ${code}, and ${how}`);
    return { ...counts, failed: counts.failed + 1 };
  } finally {
    Deno.removeSync(report);
  }
}

const OPTIONS = [
  "test",
  // `deno task ok` and CI do that once for all files.
  "--no-check",
  "--allow-all",
  "--sanitize-ops",
  "--sanitize-resources",
];

function printWhole(bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
