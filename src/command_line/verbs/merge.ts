/**
 * The command line of `nix-image merge`.
 * @module
 */

import { Option } from "commander";
import { format, json, layerCompression, quiet, verbose } from "../options.ts";
import { verb } from "../verb.ts";

/** `nix-image merge`. */
export const command = verb("merge", {
  examples: [
    "nix-image merge bash.tar.gz redis.tar.zst -o both.tar.gz",
    "nix-image merge app.tar.gz layout --format oci -o merged",
  ],
})
  .summary("write all images of several archives and layouts to one")
  .description(
    `Write all images of all IMAGEs to one file, with all their names and with the IDs that they have. Layers that several images have are in it once.

The file or directory is there when it is whole: it is written under another name beside it, and renamed.`,
  )
  .argument("<images...>", "docker-archives, OCI archives or layouts; - once for standard input")
  .requiredOption("-o, --output <file>", "the file, or the directory of --format oci")
  .addOption(format)
  .addOption(
    new Option("--compressor <kind>", "compress a docker-archive so (gz)")
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
