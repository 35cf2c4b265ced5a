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

/**
 * Streams an empty image to nowhere, so that Deno has downloaded all that the program imports and
 * says nothing of it in later runs.
 */
export function fetchDependencies(): void {
  const spec = Deno.makeTempFileSync({ prefix: "nix-image-", suffix: ".json" });
  try {
    Deno.writeTextFileSync(spec, JSON.stringify({ name: "empty" }));
    const [deno = "", ...args] = [...programCommand(), "stream", "--quiet", "--tar", spec];
    const { success } = new Deno.Command(deno, { args, stdout: "null", stderr: "inherit" })
      .outputSync();
    if (!success) throw new Error("nix-image does not start: see above");
  } finally {
    Deno.removeSync(spec);
  }
}
