/**
 * Measuring programs.
 * @module
 */

/** What was measured of a program: a value for each run. */
export interface Figures {
  seconds: number[];
  /** In bytes. */
  peak: number[];
}

/** What a command prints, which has to succeed. */
export async function output(command: readonly string[]): Promise<string> {
  const [program, ...args] = command;
  const { success, stdout } = await new Deno.Command(program!, { args, stderr: "inherit" })
    .output();
  if (!success) throw new Error(`${command.slice(0, 5).join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

/** Runs a command, with its output into a pipe, and keeps its wall time and its peak memory. */
export async function measure(command: readonly string[], figures: Figures): Promise<void> {
  const measurer = new URL("measure.py", import.meta.url).pathname;
  const [seconds, peak] = (await output(["python3", measurer, ...command])).split(" ").map(Number);
  figures.seconds.push(seconds!);
  figures.peak.push(peak! * 1024);
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
