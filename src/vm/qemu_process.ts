/**
 * QEMU as a process that never outlives this one.
 * @module
 */

import { constants } from "node:os";
import { findProgram } from "../process/find_program.ts";
import { NO_LOADER_VARIABLES } from "../process/loader_variables.ts";
import { endSession, missingProgram, startError } from "../process/run.ts";
import { STANDARD_PATH } from "../process/script_options.ts";
import { tellOfProgram } from "../process/watch.ts";
import type { Machine } from "./command_line.ts";

/**
 * Runs a command, and kills it when standard input ends, as it does when nix-image stops, be it by
 * SIGKILL. It has its own session, so that a terminal's signals come to nix-image alone.
 */
const KEEPER = `
exec 3<&0 4>&2 </dev/null 2>/dev/null
ulimit -c 0
"$@" 2>&4 3<&- 4>&- &
machine=$!
(
  exec >/dev/null 4>&-
  read -r line <&3
  kill -KILL $machine
) &
keeper=$!
wait $machine
status=$?
kill -KILL $keeper
exit $status
`;

/** So much of what QEMU says is kept, in characters. */
const KEPT = 1 << 13;

/** How QEMU ended. */
export interface QemuEnd {
  /** What ended it, such as `SIGKILL`. */
  readonly signal: string | undefined;
  /** `exit status 1`, or `ended by SIGKILL`. */
  readonly text: string;
  /** What it said on standard error. */
  readonly stderr: string;
}

/** A QEMU that runs. */
export class QemuProcess {
  /** The guest's serial line. */
  readonly serialLine: ReadableStream<Uint8Array>;
  /** Settled when no process is left. */
  readonly ended: Promise<QemuEnd>;
  readonly #child: Deno.ChildProcess;
  #running = true;

  /** @throws {ImageError} if it is not there. */
  constructor(qemu: Machine["qemu"], args: readonly string[], searchPath: string) {
    this.#child = spawnKept(findQemu(qemu, searchPath), args);
    this.serialLine = this.#child.stdout;
    this.ended = this.#toItsEnd();
  }

  /** Ends it, while this process does nothing else: it may be about to end itself. */
  endNow(): void {
    if (!this.#running) return;
    endSession(this.#child.pid);
  }

  async #toItsEnd(): Promise<QemuEnd> {
    const [stderr, { code }] = await Promise.all([
      lastOf(this.#child.stderr),
      this.#child.status.finally(() => this.#running = false),
    ]);
    await this.#child.stdin.close().catch(() => {});
    // The shell's way to tell of a signal.
    const [signal] =
      Object.entries(constants.signals).find(([, number]) => number === code - 128) ??
        [];
    return { signal, text: signal ? `ended by ${signal}` : `exit status ${code}`, stderr };
  }
}

/**
 * Where QEMU is.
 *
 * @param searchPath directories before the system's, separated by colons
 * @throws {ImageError} if it is not there.
 */
export function findQemu(qemu: Machine["qemu"], searchPath: string): string {
  const path = [...searchPath.split(":"), ...STANDARD_PATH];
  const found = findProgram(qemu, path);
  if (found === undefined) throw missingProgram(qemu);
  return found;
}

function spawnKept(program: string, args: readonly string[]): Deno.ChildProcess {
  try {
    const child = new Deno.Command("sh", {
      args: ["-c", KEEPER, "sh", program, ...args],
      env: { ...NO_LOADER_VARIABLES, LC_ALL: "C" },
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    tellOfProgram({ words: [program, ...args], ended: child.status });
    return child;
  } catch (error) {
    throw startError("sh", error);
  }
}

async function lastOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(-KEPT);
  }
  return text.trim();
}
