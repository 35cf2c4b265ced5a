/**
 * `deno task test:executable`: the integration tests of the main scenarios, with the executable that
 * `deno task compile` has made, or `NIX_IMAGE`, as the program. Ends with the line
 * `N passed, N failed`.
 * @module
 */

import { PROJECT } from "./program_command.ts";

/** In tests/integration/, without `_test.ts`. */
const SCENARIOS = [
  "scenarios",
  "base_scenarios",
  "single_scenarios",
  "nix_shell_scenarios",
  "build",
  "commands",
  "oci_formats",
  "stream_script",
  "streamer",
  "load",
  "push",
  "pull",
  "export",
  "merge",
  "index",
  "run_as_root",
  "failures",
];

const program = Deno.env.get("NIX_IMAGE") ?? `${PROJECT}/dist/nix-image`;
const { code } = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--allow-all", "--config", `${PROJECT}/deno.json`, `${PROJECT}/tasks/test.ts`],
    ...SCENARIOS.map((name) => `tests/integration/${name}_test.ts`),
  ],
  env: { NIX_IMAGE: await Deno.realPath(program) },
  stdout: "inherit",
  stderr: "inherit",
}).outputSync();
Deno.exit(code);
