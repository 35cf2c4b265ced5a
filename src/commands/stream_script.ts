/**
 * The script that `$(nix-image stream spec.json)` gives to the shell.
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ImageError } from "../errors.ts";
import type { ImagePlan } from "../image/plan.ts";
import { identityOf } from "../layer/layer.ts";
import { RUN_OPTIONS } from "../process/run_options.ts";
import type { ArchiveOptions } from "./archiving.ts";

/**
 * Writes an executable script that streams the planned image, and the plan beside it. The same plan
 * gives the same file.
 *
 * @returns the script's path
 * @throws {ImageError} if they can not be written.
 */
export async function writeStreamScript(
  plan: ImagePlan,
  { layerNames, dockerV1 }: ArchiveOptions,
): Promise<string> {
  const names = dockerV1 ? ["--docker-v1"] : ["--layer-names", layerNames];
  const planText = JSON.stringify(plan);
  const program = ownCommand();
  const name = plan.repoTag.replace(/^.*\//, "").replace(/[^\w.-]/g, "-");
  const identity = identityOf(planText, names, program).slice(0, 32);
  const directory = join(cacheDirectory(), "nix-image", "stream");
  const script = join(directory, `${identity}-stream-${name}`);
  const planFile = `${script}.json`;
  const command = [...program, "stream", "--tar", "--plan", planFile, ...names];
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    await replaceFile(planFile, planText, 0o600);
    await replaceFile(
      script,
      `#!/bin/sh\n# Streams the image ${name} to standard output.\n` +
        `exec ${command.map(shellQuote).join(" ")} "$@"\n`,
      0o700,
    );
  } catch (error) {
    throw new ImageError(`Cannot write ${script}: ${(error as Error).message}`, { cause: error });
  }
  return script;
}

function cacheDirectory(): string {
  const home = Deno.env.get("HOME");
  return Deno.env.get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : undefined) ||
    Deno.env.get("TMPDIR") || "/tmp";
}

/** The command that starts this very program. */
function ownCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const main = fileURLToPath(Deno.mainModule);
  const config = fileURLToPath(new URL("deno.json", Deno.mainModule));
  return [Deno.execPath(), "run", "--config", config, ...RUN_OPTIONS, main];
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(temporary, text, { mode, createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

function shellQuote(word: string): string {
  return /^[\w./=:,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
