/**
 * The command line of `nix-image merge`.
 * @module
 */

import { Option } from "commander";
import { format, json, layerCompression, quiet, verbose } from "../options.ts";
import { verb } from "../verb.ts";

/** `nix-image merge`. */
export const command = verb("merge", {
  output: "Nothing on standard output; the images go to a file or a directory.",
  examples: [
    "nix-image merge bash.tar.gz redis.tar.zst -o both.tar.gz",
    "nix-image merge app.tar.gz layout --format oci -o merged",
  ],
})
  .summary("put the images of several archives and layouts into one")
  .description(
    `Write all images of all IMAGEs to one file, with all their names and with the IDs that they have. Layers that several images have are in it once.

The file or directory appears when it is whole: nothing half-written is ever seen under its name.`,
  )
  .argument("<images...>", "docker-archives, OCI archives or layouts; - once for standard input")
  .requiredOption("-o, --output <file>", "the file, or the directory of --format oci")
  .addOption(format)
  .addOption(
    new Option("--compressor <kind>", "how a docker-archive is compressed (default: gz)")
      .choices(["gz", "zstd", "none"] as const),
  )
  .addOption(layerCompression)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose)
  .action(async (images, options) => {
    const { mergeCommand } = await import("../../commands/merge.ts");
    await mergeCommand(images, options);
  });
