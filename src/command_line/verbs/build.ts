/**
 * The command line of `nix-image build`.
 * @module
 */

import { Option } from "commander";
import {
  dockerV1,
  format,
  json,
  layerCompression,
  layerNames,
  quiet,
  specOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("build", {
  output: "Nothing on standard output; the image goes to a file or a directory.",
  examples: [
    "nix-image build spec.json -o image.tar.gz &&\n  docker load --input image.tar.gz",
    "nix-image build spec.json --compressor zstd",
    "nix-image build spec.json --format oci -o app.oci &&\n  skopeo copy oci:app.oci docker://registry.example/team/app",
  ],
  pages: ["format.md", "layering.md"],
})
  .summary("write an image to a file, compressed")
  .description(
    `Write the image that SPEC describes to a file that docker load reads, or as an OCI image layout.

The file or directory appears when it is whole: nothing half-written is ever seen under its name.`,
  )
  .argument("<spec>", "a JSON file, or - for standard input")
  .option(
    "-o, --output <file>",
    "the file, or the directory of --format oci (default: NAME.tar.gz, NAME.oci.tar or NAME.oci)",
  )
  .addOption(format)
  .addOption(
    new Option("--compressor <kind>", "how a docker-archive is compressed, whatever the spec says")
      .choices(["gz", "zstd", "none"] as const),
  )
  .addOption(layerCompression)
  .option("-t, --repo-tag <name:tag>", "name and tag of the image, whatever the spec says")
  .addOption(target)
  .addOption(layerNames)
  .addOption(dockerV1)
  .option("--no-docker-v1", "leave the older format out; layered images are without it anyway")
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image build`. */
export const command = specOptions(described)
  .action(async (spec, options) => {
    const { buildCommand } = await import("../../commands/build.ts");
    await buildCommand(spec, options);
  });
