/**
 * The command line of `nix-image check`.
 * @module
 */

import { quiet, verbose } from "../options.ts";
import { verb } from "../verb.ts";

/** `nix-image check`. */
export const command = verb("check", {
  output: "A line for each thing that is wrong; with --json, JSON.",
  examples: [
    "nix-image check image.tar.gz",
    "nix-image check --json layout | jq .problems",
  ],
  exitStatus: "0 if nothing is wrong, 1 otherwise.",
})
  .summary("compute all digests of images again, and list all that is wrong")
  .description(
    `Compute the digests, sizes and diff_ids of the images in IMAGE again, compare them with what its documents say, and look at its layers. Print a line for each thing that is wrong: where, and what.

What is unusual, but not wrong, is told on standard error.`,
  )
  .argument("<image>", "a docker-archive, an OCI archive or layout, or - for standard input")
  .option("--json", "print JSON: ok, problems, remarks, and the images with their digests")
  .addOption(quiet)
  .addOption(verbose)
  .action(async (image, options) => {
    const { checkCommand } = await import("../../commands/check.ts");
    await checkCommand(image, options);
  });
