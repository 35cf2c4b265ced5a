/**
 * The command line of `nix-image export`.
 * @module
 */

import { choiceOptions, json, quiet, verbose } from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("export", {
  output: "The tar archive, unless --output names a file.",
  examples: [
    "nix-image export image.tar.gz -o rootfs.tar",
    "docker save app:1.0 | nix-image export - | tar -xC root",
  ],
})
  .summary("write the root file system of an image, as a tar archive")
  .description(
    `Write what a container of IMAGE would have as its root directory, all layers merged: an uncompressed tar archive with names such as ./bin/sh.`,
  )
  .argument("<image>", "a docker-archive, an OCI archive or layout, or - for standard input")
  .option("-o, --output <file>", "the file, or - for standard output (default: -)")
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image export`. */
export const command = choiceOptions(described)
  .action(async (image, options) => {
    const { exportCommand } = await import("../../commands/export.ts");
    await exportCommand(image, options);
  });
