/**
 * The command line of `nix-image version`.
 * @module
 */

import { verb } from "../verb.ts";
import { VERSION_TEXT } from "../version_text.ts";

/** `nix-image version`. */
export const command = verb("version", {
  output: "The version; with --json, what it is made of as JSON.",
  pages: ["doctor.md"],
  examples: [
    "nix-image version",
    "nix-image version --json",
  ],
})
  .summary("print the version, and what the program was made of")
  .description("Print the version of nix-image.")
  .option("--json", "print JSON: version, commit, Deno, platform, formats (docs/doctor.md)")
  .action(async (options) => {
    const { versionCommand } = await import("../../commands/version.ts");
    await versionCommand(VERSION_TEXT, options);
  });
