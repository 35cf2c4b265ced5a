/**
 * Starts the program under test. Nothing else in the tests does.
 * @module
 */

import { programCommand } from "../../tasks/program_command.ts";

/** How a run of the program differs from a plain one. */
export interface RunOptions {
  /** What the program reads from standard input; nothing without it. */
  readonly stdin?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file that gets standard output, as a shell's redirect would; else it is kept. */
  readonly stdoutFile?: string;
}

/** What came of a run. */
export interface RunResult {
  readonly code: number;
  /** Standard output; empty where it went to a file. */
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** Standard output as text. */
  readonly text: string;
  readonly stderr: string;
}

// What Deno keeps of this program serves under every HOME and XDG_CACHE_HOME that a test sets: elsewhere
// each start would compile all of it and download what it depends on.
if (!Deno.env.has("DENO_DIR")) {
  const cache = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  Deno.env.set("DENO_DIR", `${cache}/deno`);
}

/** The words that start the program; `NIX_IMAGE` names an executable to test instead. */
export function nixImageCommand(): string[] {
  const other = Deno.env.get("NIX_IMAGE");
  return other ? [other] : programCommand();
}

/** Runs `nix-image` with these arguments to its end. */
export async function nixImage(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  return await runCommand([...nixImageCommand(), ...args], options);
}

/** Runs any command to its end. */
export async function runCommand(
  [program = "", ...args]: readonly string[],
  { stdin, env = {}, cwd, stdoutFile }: RunOptions = {},
): Promise<RunResult> {
  const redirect = ["-c", 'file=$1; shift; exec "$@" >"$file"', "sh", stdoutFile ?? ""];
  const child = new Deno.Command(stdoutFile === undefined ? program : "sh", {
    args: stdoutFile === undefined ? args : [...redirect, program, ...args],
    env,
    ...cwd === undefined ? {} : { cwd },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout, text: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a command that has to succeed, and returns what it printed. */
export async function succeed(
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, text, stderr } = await runCommand(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")}\nended with ${code}\n${text}${stderr}`);
  return text;
}

/**
 * Makes a directory with an executable `nix-image`, to put on a PATH where a shell is to find
 * the command as users write it.
 */
export function directoryWithProgram(parent: string): string {
  const directory = `${parent}/program`;
  Deno.mkdirSync(directory, { recursive: true });
  const words = nixImageCommand().map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  Deno.writeTextFileSync(`${directory}/nix-image`, `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`);
  Deno.chmodSync(`${directory}/nix-image`, 0o755);
  return directory;
}
