/**
 * What the two bundles of the program, in one file and in many, have in common.
 * @module
 */

import { PROJECT } from "./program_command.ts";

/** What threads run: each is a bundle of its own. */
export const WORKERS = ["compress_worker", "digest_worker"] as const;

/** The texts of a bundle's files, by their paths. */
export type Bundle = Map<string, string>;

/** Runs `deno bundle`; `args` are its last arguments. Gives what it wrote on standard output. */
export async function denoBundle(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "deno", "--config", `${PROJECT}/deno.json`, ...args],
    cwd: PROJECT,
  }).output();
  if (!success) throw new Error(`deno bundle: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Has each thread start from elsewhere; `place` gives the expression of that. */
export async function placeWorkers(
  bundle: Bundle,
  place: (worker: typeof WORKERS[number]) => string | Promise<string>,
): Promise<void> {
  for (const worker of WORKERS) {
    const start = new RegExp(`new URL\\("\\./${worker}\\.ts",\\s*import\\.meta\\.url\\)`);
    replaceOnce(bundle, start, await place(worker));
  }
}

/** Bakes in which commit this is, for src/build_info.ts. */
export async function placeCommit(bundle: Bundle): Promise<void> {
  const commit = await commitOfProject();
  replaceOnce(bundle, /"the commit of nix-image"/, JSON.stringify(commit ?? " "));
}

/** @throws {Error} unless it is there once: else a thread or the commit would be lost silently. */
function replaceOnce(bundle: Bundle, pattern: RegExp, replacement: string): void {
  const pieces = [...bundle].map(([path, text]) => ({ path, parts: text.split(pattern) }))
    .filter(({ parts }) => parts.length > 1);
  const count = pieces.reduce((sum, { parts }) => sum + parts.length - 1, 0);
  if (count !== 1) throw new Error(`${pattern} is in the bundle ${count} times, not once`);
  for (const { path, parts } of pieces) bundle.set(path, parts.join(replacement));
}

/** Undefined without Git, and where the project's directory is no checkout of its own. */
async function commitOfProject(): Promise<string | undefined> {
  const top = await git("rev-parse", "--show-toplevel");
  if (top === undefined || top !== await Deno.realPath(PROJECT)) return undefined;
  const commit = await git("rev-parse", "HEAD");
  if (commit === undefined) return undefined;
  return await git("status", "--porcelain") === "" ? commit : `${commit}-dirty`;
}

async function git(...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", PROJECT, ...args],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
