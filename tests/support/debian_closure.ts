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
 * @returns the store paths of the packages, in their order; their closure holds what they depend on.
 */
export async function debianClosure(packages: readonly string[]): Promise<string[]> {
  ensurePrograms({ programs: ["nix-store", "patchelf"], packages: ["python3", ...packages] });
  const printed = await succeed(["python3", DEBSTORE, ...packages], { env: nixEnvironment() });
  return printed.trim().split("\n");
}
