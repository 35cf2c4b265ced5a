/**
 * The script that `$(nix-image stream spec.json)` gives to the shell.
 * @module
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ImageError } from "../errors.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import { identityOf } from "../layer/layer.ts";
import { RUN_OPTIONS } from "../process/run_options.ts";
import type { StorePath } from "../store/store_path.ts";
import type { RemotePath } from "../stores/stores.ts";
import type { ArchiveOptions } from "./archiving.ts";
import { cacheDirectory } from "./cache_directory.ts";
import type { RemoteStoreOptions } from "./stores.ts";

/** A plan that another run carries out. */
export interface FrozenPlan extends ImagePlan {
  /** Where paths are that are not on the disk, and what was decided on of them. */
  readonly remote?: {
    readonly options: RemoteStoreOptions;
    readonly paths: readonly (readonly [StorePath, RemotePath])[];
    /** Where in the store the base image is, if it is among these. */
    readonly base?: string;
  };
}

/**
 * Writes an executable script that streams the planned image, and beside it the plan and what it
 * needs that is not in the store. The same plan gives the same file.
 *
 * @returns the script's path
 * @throws {ImageError} if they can not be written.
 */
export async function writeStreamScript(
  plan: FrozenPlan,
  { layerNames, dockerV1, quiet }: ArchiveOptions,
): Promise<string> {
  const options = dockerV1 ? ["--docker-v1"] : ["--layer-names", layerNames];
  if (quiet) options.push("--quiet");
  const program = ownCommand();
  const name = plan.repoTag.replace(/^.*\//, "").replace(/[^\w.-]/g, "-");
  const { top } = plan;
  const lasting = "file" in top ? { ...plan, top: { ...top, file: "" } } : plan;
  const identity = identityOf(JSON.stringify(lasting), options, program).slice(0, 32);
  const directory = cacheDirectory("stream");
  const script = join(directory, `${identity}-stream-${name}`);
  const planFile = `${script}.json`;
  const topFile = `${script}.top.tar`;
  const command = [...program, "stream", "--tar", "--plan", planFile, ...options];
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    if ("file" in top) {
      await replaceFile(topFile, 0o600, (temporary) => Deno.copyFile(top.file, temporary));
    }
    const frozen = "file" in top ? { ...plan, top: { ...top, file: topFile } } : plan;
    await replaceFile(planFile, 0o600, writing(JSON.stringify(frozen)));
    const text = `#!/bin/sh\n# Streams the image ${name} to standard output.\n` +
      `exec ${command.map(shellQuote).join(" ")} "$@"\n`;
    await replaceFile(script, 0o700, writing(text));
  } catch (error) {
    throw new ImageError(
      `Cannot write ${script}: ${
        (error as Error).message
      } (XDG_CACHE_HOME names another directory)`,
      { cause: error },
    );
  }
  return script;
}

/** The command that starts this very program. */
function ownCommand(): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  const run = [Deno.execPath(), "run"];
  // A published module has the specifiers of its packages in itself.
  if (!Deno.mainModule.startsWith("file:")) {
    return [...run, "--no-config", ...RUN_OPTIONS, Deno.mainModule];
  }
  const main = fileURLToPath(Deno.mainModule);
  const config = fileURLToPath(new URL("deno.json", Deno.mainModule));
  // Bundled, the program needs none.
  const options = existsSync(config) ? ["--config", config] : ["--no-config"];
  return [...run, ...options, ...RUN_OPTIONS, main];
}

function writing(text: string): (path: string) => Promise<void> {
  return (path) => Deno.writeTextFile(path, text, { createNew: true });
}

async function replaceFile(
  path: string,
  mode: number,
  write: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await write(temporary);
    await Deno.chmod(temporary, mode);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

function shellQuote(word: string): string {
  return /^[\w./=:,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
