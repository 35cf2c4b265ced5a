/**
 * Runs machines in processes of their own, which may be killed.
 * @module
 */

import { RUN_OPTIONS } from "../../src/process/run_options.ts";
import type { Machine, RunMachineOptions } from "../../src/vm/machine.ts";

const PROBE = new URL("machine_probe.ts", import.meta.url).pathname;

/** What of a machine and its options matters to a test. */
export interface MachineRun {
  readonly machine: Machine;
  readonly options: Pick<RunMachineOptions, "accel" | "silence" | "verdictFile">;
  /** A directory that the PATH begins with. */
  readonly programs?: string;
}

/** What a run told: a word for what it is, and the rest. */
export type Told = readonly [string, ...unknown[]];

/** Starts a machine. */
export function startMachine({ machine, options, programs }: MachineRun): Deno.ChildProcess {
  const path = [programs ?? [], Deno.env.get("PATH") ?? ""].flat().join(":");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", ...RUN_OPTIONS, PROBE, JSON.stringify({ machine, options })],
    env: { PATH: path },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Runs a machine to its end. */
export async function runToEnd(run: MachineRun): Promise<Told[]> {
  const { stdout } = await startMachine(run).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** The processes that have `text` in their command line, but for this one. */
export function processesWith(text: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || name === `${Deno.pid}`) continue;
    try {
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ");
      if (command.includes(text)) found.push(`${name}: ${command}`);
    } catch {
      // It has ended by now.
    }
  }
  return found;
}
