/**
 * Subprocesses: started, read, and their failures turned into errors for people.
 * @module
 */

import { ImageError } from "../errors.ts";

/** For a child's environment: Deno starts no program under a loader variable, inherited or not. */
export const NO_LOADER_VARIABLES = { LD_LIBRARY_PATH: "", LD_PRELOAD: "" } as const;

/** The programs that nix-image drives. */
export type Program = "nix-store" | "zstd";

/** What a missing program's error tells to install. */
const INSTALL: Record<Program, string> = {
  "nix-store": "install Nix (Debian: apt-get install nix-bin), or give the closure with --closure",
  zstd: "install zstd (Debian: apt-get install zstd), or give the tarball without compression",
};

/** A program ended with a status other than 0. */
export class ProgramError extends ImageError {
  constructor(program: string, args: readonly string[], status: string, readonly stderr: string) {
    const shown = args.length > 6 ? [...args.slice(0, 5), `… (${args.length} arguments)`] : args;
    super(`${[program, ...shown].join(" ")} failed (${status})${stderr && `:\n${indent(stderr)}`}`);
  }
}

function indent(text: string): string {
  return text.trimEnd().split("\n").slice(-20).map((line) => `  ${line}`).join("\n");
}

/**
 * Runs a program to its end and gives what it wrote on standard output.
 *
 * @throws {ProgramError} if it fails.
 * @throws {ImageError} if it is not there.
 */
export async function run(program: Program, args: readonly string[]): Promise<string> {
  const child = spawn(program, args);
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  if (!status.success) throw new ProgramError(program, args, exitText(status), stderr);
  return stdout;
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
      try {
        child.kill("SIGTERM");
      } catch (error) {
        // It may have ended by itself just now.
        if (!(error instanceof TypeError)) throw error;
      }
      await Promise.all([child.status, stderr]);
    },
  };
}

function spawn(program: Program, args: readonly string[]): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: NO_LOADER_VARIABLES,
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      throw new ImageError(`Cannot run ${program}: ${INSTALL[program]}`, { cause: error });
    }
    throw error;
  }
}

function exitText({ code, signal }: Deno.CommandStatus): string {
  return signal ? `ended by ${signal}` : `exit status ${code}`;
}
