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
  /** Told all that the run says once it has ended; without it, that is shown as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Ends the run. */
  readonly signal?: AbortSignal;
}

const OPTIONS = [
  "test",
  // `deno task ok` and CI do that once for all files.
  "--no-check",
  "--allow-all",
  "--sanitize-ops",
  "--sanitize-resources",
];

/**
 * Runs `deno test` with these arguments; the counts come from its report. A run that fails without a
 * failed test, such as one that was killed, is one failure: what it would have run is not known.
 */
export async function denoTest(
  args: readonly string[],
  options: DenoTestOptions = {},
): Promise<Counts> {
  const report = Deno.makeTempFileSync({ prefix: "nix-image-tests-", suffix: ".xml" });
  try {
    const { code, output } = await run([...OPTIONS, `--junit-path=${report}`, ...args], options);
    const text = Deno.readTextFileSync(report);
    const counts = countTests(text);
    const isTold = text !== "" && (code === 0 || counts.failed > 0);
    const how = text === "" ? "no report" : "no failed test in its report";
    const what = args.length > 5 ? `of ${args.length} files` : args.join(" ");
    const note = `\ndeno test ${what}: exit status ${code}, and ${how}\n`;
    (options.onOutput ?? print)(isTold ? output : output + note);
    return isTold ? counts : { ...counts, failed: counts.failed + 1 };
  } finally {
    Deno.removeSync(report);
  }
}

async function run(
  args: readonly string[],
  { env = {}, onOutput, signal }: DenoTestOptions,
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command("sh", {
    args: ["-c", onOutput ? 'exec "$@" 2>&1' : 'exec "$@"', "sh", Deno.execPath(), ...args],
    cwd: PROJECT,
    env,
    ...signal && { signal },
    stdout: onOutput ? "piped" : "inherit",
    stderr: "inherit",
  }).spawn();
  const output = onOutput ? await new Response(child.stdout).text() : "";
  return { code: (await child.status).code, output };
}

/** Writes all of it, also to a pipe that is full. */
export function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
