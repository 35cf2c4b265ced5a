/**
 * The command line of `nix-image diff`.
 * @module
 */

import { choiceOptions } from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("diff", {
  examples: [
    "nix-image diff old.tar.gz new.tar.gz",
    "nix-image diff --exit-code --platform linux/amd64 old.oci new.oci",
  ],
})
  .summary("show how two images differ, and what is to pull")
  .description(
    `Show how image B differs from A: layers, store paths, files outside of the store, config; and how many bytes a machine that has A must pull to get B, as B's layers are stored.

The exit status is 0 whether they differ or not, unless --exit-code asks for it. Files outside of the store are compared by type, mode, owner, size and target, not by content.`,
  )
  .argument("<a>", "a docker-archive, an OCI archive or layout")
  .argument("<b>", "another one, or the same")
  .option("--exit-code", "exit with status 1 if the images have different IDs")
  .option("--json", "print JSON: all that differs, sizes in bytes (docs/inspect.md)");

/** `nix-image diff`. */
export const command = choiceOptions(described)
  .action(async (a, b, options) => {
    const { diffCommand } = await import("../../commands/diff.ts");
    await diffCommand(a, b, options);
  });
