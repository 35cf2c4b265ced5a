/**
 * How the tasks, the tests and the benchmarks start the program from this source tree.
 * @module
 */

import { fileURLToPath } from "node:url";
import { RUN_OPTIONS } from "../src/process/run_options.ts";

/** The root directory of the project. */
export const PROJECT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The words that start `nix-image`, with the permissions that it is installed with. */
export function programCommand(): string[] {
  return [
    Deno.execPath(),
    "run",
    ...RUN_OPTIONS,
    "--config",
    `${PROJECT}/deno.json`,
    `${PROJECT}/cli.ts`,
  ];
}
