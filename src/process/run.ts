/**
 * Subprocesses: started, read, and their failures turned into errors for people.
 * @module
 */

import { ImageError } from "../errors.ts";
import { loaderVariableError, NO_LOADER_VARIABLES } from "./loader_variables.ts";
import { adviceOf } from "./packages.ts";
import { tellOfProgram } from "./watch.ts";

/** The programs that nix-image drives. */
export type Program =
  | "bzip2"
  | "ctr"
  | "docker"
  | "fakeroot"
  | "nix"
  | "nix-store"
  | "pigz"
  | "podman"
  | "proot"
  | "qemu-system-aarch64"
  | "qemu-system-x86_64"
  | "sh"
  | "skopeo"
  | "unshare"
  | "xz"
  | "zstd";

/** The error for a program that is not there: it says what to install. */
export function missingProgram(program: Program, cause?: unknown): ImageError {
  return new ImageError(`Cannot run ${program}: ${adviceOf(program)}`, { cause });
}

/** What to throw for what Deno threw when `program` was started. */
export function startError(program: Program, error: unknown): unknown {
  if (error instanceof Deno.errors.NotFound) return missingProgram(program, error);
  // What was not on the PATH when we started is not allowed, either.
  if (!(error instanceof Deno.errors.NotCapable)) return error;
  return loaderVariableError(program, error) ?? missingProgram(program, error);
}

/** A program ended with a status other than 0. */
export class ProgramError extends ImageError {
  constructor(
    program: string,
    args: readonly string[],
    status: string,
    readonly stderr: string,
    /** Standard output up to there, where it was read. */
    readonly stdout = "",
  ) {
    const shown = args.length > 6 ? [...args.slice(0, 5), `… (${args.length} arguments)`] : args;
    super(`${[program, ...shown].join(" ")} failed (${status})${stderr && `:\n${indent(stderr)}`}`);
  }
}

/** The last 20 lines of what a program wrote, set off from the message before it. */
export function indent(text: string): string {
  return text.trimEnd().split("\n").slice(-20).map((line) => `  ${line}`).join("\n");
}

/** What a program gets besides its arguments. */
export interface RunInput {
  /** For its standard input; nothing without it. */
  readonly stdin?: string;
  /** Its whole environment; without it, it inherits that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to what it inherits. */
  readonly added?: Readonly<Record<string, string>> | undefined;
  /** Ends it, and all that it has started; it then has a session of its own. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end and gives what it wrote on standard output.
 *
 * @throws {ProgramError} if it fails.
 * @throws {ImageError} if it is not there.
 */
export async function run(
  program: Program,
  args: readonly string[],
  input: RunInput = {},
): Promise<string> {
  const child = spawn(program, args, input);
  return new TextDecoder().decode(await outputOf(child, program, args, input.stdin));
}

/**
 * Runs a script of ours with `sh` to its end and gives what it wrote on standard output.
 *
 * @param args the script's `$1`, `$2` and so on
 * @param input for its standard input
 * @throws {ImageError} with what it wrote on standard error, if it fails.
 */
export async function runShell(
  script: string,
  args: readonly string[],
  input = "",
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = spawn("sh", ["-ec", script, "sh", ...args], { stdin: input, signal });
  return await outputOf(child, "sh", args, input);
}

/** @param args to show if it fails */
async function outputOf(
  child: Deno.ChildProcess,
  program: Program,
  args: readonly string[],
  stdin: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
    child.status,
    stdin === undefined ? undefined : writeTo(child.stdin, stdin),
  ]);
  if (!status.success) {
    const printed = new TextDecoder().decode(stdout);
    throw new ProgramError(program, args, exitText(status), stderr, printed);
  }
  return stdout;
}

/** Runs a script of ours that may fail; `path` are the directories of its PATH, if not ours. */
export async function tryShell(
  script: string,
  args: readonly string[],
  path?: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly success: boolean; readonly stderr: string }> {
  // Deno would look for `sh` itself there, too, and allow no other than that of our PATH.
  const words = path === undefined
    ? [script, "sh", ...args]
    : [`PATH=$1; export PATH; shift\n${script}`, "sh", path.join(":"), ...args];
  const child = spawn("sh", ["-ec", ...words], { signal });
  const [stderr, { success }] = await Promise.all([
    new Response(child.stderr).text(),
    child.status,
    child.stdout.cancel(),
  ]);
  return { success, stderr };
}

async function writeTo(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    await ReadableStream.from([new TextEncoder().encode(text)]).pipeTo(stdin);
  } catch (error) {
    // A program that ends early tells by its status why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** A running program whose output is read as it comes. */
export interface Running {
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Waits for the end; fails with a {@linkcode ProgramError} if the status is not 0. */
  finished(): Promise<void>;
  /** Ends the program, whatever it is doing. */
  stop(): Promise<void>;
}

/** Starts a program and gives its standard output as a stream. */
export function start(program: Program, args: readonly string[]): Running {
  const child = spawn(program, args);
  const stderr = new Response(child.stderr).text();
  return {
    stdout: child.stdout,
    async finished() {
      const [status, message] = [await child.status, await stderr];
      if (!status.success) throw new ProgramError(program, args, exitText(status), message);
    },
    async stop() {
      endProgram(child, "SIGTERM");
      await Promise.all([child.status, stderr]);
    },
  };
}

/** Starts a program with pipes. Its standard input is one if there is something for it. */
export function spawn(
  program: Program,
  args: readonly string[],
  { stdin, environment, added, signal }: RunInput = {},
): Deno.ChildProcess {
  signal?.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      env: environment ? { ...environment } : { ...added, ...NO_LOADER_VARIABLES },
      clearEnv: environment !== undefined,
      detached: signal !== undefined,
    }).spawn();
  } catch (error) {
    throw startError(program, error);
  }
  tellOfProgram({ words: [program, ...args], ended: child.status });
  if (signal) {
    const end = () => endSession(child.pid);
    signal.addEventListener("abort", end);
    child.status.finally(() => signal.removeEventListener("abort", end));
  }
  return child;
}

/**
 * Ends a process that has a session of its own, with all that is in it, while this process does
 * nothing else: it may be about to end itself.
 */
export function endSession(pid: number): void {
  new Deno.Command("sh", {
    args: ["-c", 'kill -KILL "-$1"', "sh", `${pid}`],
    env: NO_LOADER_VARIABLES,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).outputSync();
}

/** Sends a signal to a program that may have ended by itself just now. */
export function endProgram(child: Deno.ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

/** How a program ended, for a message. */
export function exitText({ code, signal }: Deno.CommandStatus): string {
  return signal ? `ended by ${signal}` : `exit status ${code}`;
}
