/**
 * Programs and their versions.
 * @module
 */

import { ImageError } from "../errors.ts";
import { findProgram } from "../process/find_program.ts";
import { type Program, ProgramError, run, runShell } from "../process/run.ts";
import { type Check, missingCheck } from "./check.ts";
import type { Host } from "./host.ts";
import { LateError, limited } from "./limit.ts";

/** A program that nix-image starts itself. */
export interface OwnProgram extends Pick<Check, "group" | "purpose"> {
  readonly program: Program;
  /** What the check is called, if not as the program. */
  readonly name?: string;
}

/** Looks for a program that nix-image starts itself, on the PATH. */
export async function checkProgram(
  { program, group, purpose, name = program }: OwnProgram,
  host: Host,
): Promise<Check> {
  const check = { group, name, purpose };
  const path = findProgram(program, host.searchPath.split(":"));
  try {
    const text = await limited(host.signal, (signal) => run(program, ["--version"], { signal }));
    return { ...check, status: "ok", version: versionIn(text), path, message: "" };
  } catch (error) {
    if (error instanceof LateError || error instanceof ProgramError) {
      return { ...check, status: "failed", path, message: reasonOf(error) };
    }
    // What may be started is on the PATH: that is what Deno was told.
    if (error instanceof ImageError) return missingCheck(check, program);
    return { ...check, status: "failed", path, message: reasonOf(error) };
  }
}

/** The version of a program that is run by a shell; undefined if it does not tell. */
export async function versionOf(
  path: string,
  host: Host,
  option = "--version",
): Promise<string | undefined> {
  try {
    const text = await limited(
      host.signal,
      (signal) => runShell('exec "$1" "$2" 2>&1', [path, option], "", signal),
    );
    return versionIn(new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}

/** The first version that is named. */
export function versionIn(text: string): string | undefined {
  return /(?<![\w.])v?(\d+\.\d+[\w.+~-]*)/.exec(text)?.[1]?.replace(/[.-]+$/, "");
}

/** What an error says, in a line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof ProgramError && error.stderr.trim() !== ""
    ? error.stderr
    : error instanceof Error
    ? error.message
    : String(error);
  return text.trim().split("\n").map((line) => line.trim()).filter(Boolean).slice(0, MOST_LINES)
    .join(" ");
}

const MOST_LINES = 4;
