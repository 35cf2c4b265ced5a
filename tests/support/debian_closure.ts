/**
 * Store paths of real software, for tests and benchmarks.
 * @module
 */

import { fileURLToPath } from "node:url";
import { nixEnvironment } from "../../tasks/nix_environment.ts";
import { ensurePrograms } from "../../tasks/programs.ts";
import { succeed } from "./program.ts";

const DEBSTORE = fileURLToPath(new URL("debstore", import.meta.url));

/**
 * Store paths with the files of these Debian packages, which are installed where they are missing,
 * patched so that their programs find what they need in the store. Needs root.
 *
 * @param bumped packages that are taken to have a new version
 * @returns the store paths of the packages, in their order; their closure holds what they depend on.
 */
export async function debianClosure(
  packages: readonly string[],
  bumped: readonly string[] = [],
): Promise<string[]> {
  ensurePrograms({ programs: ["nix-store", "patchelf"], packages: ["python3", ...packages] });
  const options = bumped.flatMap((name) => ["--bump", name]);
  return (await debstore(...options, ...packages)).trim().split("\n");
}

/** The store paths of the closure, without making any: each with the packages in it. */
export async function debianGraph(
  packages: readonly string[],
): Promise<{ readonly path: string; readonly packages: readonly string[] }[]> {
  return JSON.parse(await debstore("--dry-run", ...packages));
}

async function debstore(...args: string[]): Promise<string> {
  return await succeed(["python3", DEBSTORE, ...args], { env: nixEnvironment() });
}
