/**
 * `deno task docs`: writes what is made from the descriptions of the verbs.
 * @module
 */

import { programHelp } from "../src/command_line/program_help.ts";
import { PROJECT } from "./program_command.ts";

/** The texts of all files that are made, by their paths in the project. */
export async function generatedFiles(): Promise<Record<string, string>> {
  return {
    "src/command_line/help.ts": `/**
 * Made by \`deno task docs\` from the descriptions of the verbs.
 * @module
 */

/** The text of \`nix-image --help\`. */
export const HELP = \`${(await programHelp()).replace(/[\\`$]/g, "\\$&")}\`;
`,
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await generatedFiles())) {
    await Deno.writeTextFile(`${PROJECT}/${path}`, text);
  }
}
