/**
 * `deno task install`: installs `nix-image` for this user, with the permissions it needs and no more.
 * Further arguments go to `deno install`, such as `--root DIR`.
 * @module
 */

import { RUN_OPTIONS } from "../src/process/run_options.ts";
import { findProgram } from "./programs.ts";
import { PROJECT } from "./program_command.ts";

const { code } = new Deno.Command(Deno.execPath(), {
  args: [
    "install",
    "--global",
    "--force",
    "--name",
    "nix-image",
    "--config",
    `${PROJECT}/deno.json`,
    ...RUN_OPTIONS,
    ...Deno.args,
    `${PROJECT}/cli.ts`,
  ],
}).outputSync();
// npx has its own deno on the PATH, for as long as it runs.
if (code === 0 && findProgram("deno")?.includes("/node_modules/") !== false) {
  console.error(
    "The installed nix-image starts `deno`, which is not on the PATH here; get it with:",
  );
  console.error(`  npm install --global deno@${Deno.version.deno}`);
}
Deno.exit(code);
