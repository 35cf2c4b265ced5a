/**
 * The program as one executable file, made by `deno compile`.
 * @module
 */

import { basename, dirname, join } from "node:path";
import { RUN_OPTIONS } from "../src/process/run_options.ts";
import { PROJECT } from "./program_command.ts";

/** What executables are made for; the numbers are ELF's `e_machine`. */
const TARGETS = {
  "x86_64-unknown-linux-gnu": 62,
  "aarch64-unknown-linux-gnu": 183,
} as const;

export type Target = keyof typeof TARGETS;

/** No executable could be made. The message is for a person. */
export class CompileError extends Error {
  override name = "CompileError";
}

/** The target that is this machine. */
export function ownTarget(): Target {
  const target = Deno.build.target;
  if (target in TARGETS) return target as Target;
  throw new CompileError(`No target is this machine, ${target}: name one with --target`);
}

/**
 * Writes an executable, which is there when it is whole.
 *
 * @param bundle the directory with its bundle: tasks/bundle_files.ts
 * @throws {CompileError} if `deno compile` fails.
 */
export async function writeExecutable(
  bundle: string,
  target: Target,
  file: string,
): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = join(dirname(file), `.${basename(file)}.${crypto.randomUUID()}`);
  try {
    await compile(bundle, target, temporary);
    await checkTarget(temporary, target);
    if (target === Deno.build.target) await checkStart(temporary);
    await Deno.rename(temporary, file);
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

async function compile(bundle: string, target: Target, output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      "--no-check",
      "--no-config",
      // It would be read from, and written to, a name in /tmp that anybody can know and take first.
      "--no-code-cache",
      ...await hasAppName() ? ["--app-name", "nix-image"] : [],
      ...RUN_OPTIONS,
      "--target",
      target,
      "--include",
      bundle,
      "--output",
      output,
      join(bundle, "cli.js"),
    ],
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw compileError(new TextDecoder().decode(stderr), target);
}

/** Without it, from Deno 2.9 on, an executable has its file's name in it. */
async function hasAppName(): Promise<boolean> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "--help=full"],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout).includes("--app-name");
}

function compileError(stderr: string, target: Target): CompileError {
  // The last lines are addresses in Deno.
  const said = stderr.split("\nStack backtrace:")[0]?.trim().replace(/^error: /, "") ?? "";
  if (!said.includes("denort")) return new CompileError(`deno compile failed:\n${said}`);
  const { deno } = Deno.version;
  const [, request = said] = /^\s*\d+: (.*denort.*)$/m.exec(said) ?? [];
  return new CompileError(
    `Cannot get denort, Deno's runtime in an executable, for ${target}:\n  ${request}\n` +
      `Where Deno cannot download it, DENORT_BIN names such a file. Take that of Deno ${deno}:\n` +
      `  unpack https://dl.deno.land/release/v${deno}/denort-${target}.zip,\n` +
      "  or with nixpkgs: $(nix build --no-link --print-out-paths nixpkgs#deno.denort)/bin/denort",
  );
}

/** `DENORT_BIN` counts for all targets, and Deno takes it as it is. */
async function checkTarget(file: string, target: Target): Promise<void> {
  using opened = await Deno.open(file);
  const header = new Uint8Array(20);
  await opened.read(header);
  const machine = new DataView(header.buffer).getUint16(18, true);
  if (machine === TARGETS[target]) return;
  throw new CompileError(
    `What came out is not for ${target}: DENORT_BIN, ${Deno.env.get("DENORT_BIN")}, is for another`,
  );
}

/** A runtime of another version may not find what this one has put into it. */
async function checkStart(file: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(file, { args: ["--version"] }).output();
  if (success) return;
  const [said = ""] = new TextDecoder().decode(stderr).trim().split("\n");
  throw new CompileError(
    `What came out does not start: ${said}\n` +
      `DENORT_BIN, ${
        Deno.env.get("DENORT_BIN")
      }, has to be of Deno ${Deno.version.deno}, or one that fits`,
  );
}
