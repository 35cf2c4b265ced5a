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
  machineOptions,
  planningOptions,
  quiet,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("build", {
  examples: [
    "nix-image build spec.json -o image.tar.gz && docker load --input image.tar.gz",
    "nix-image build spec.json --compressor zstd",
    "nix-image build spec.json --format oci -o app.oci &&\n  skopeo copy oci:app.oci docker://registry.example/team/app",
  ],
})
  .summary("write an image to a file, compressed")
  .description(
    `Write the image that SPEC describes to a file that docker load reads, or as an OCI image layout.

The file or directory is there when it is whole: it is written under another name beside it, and renamed.`,
  )
  .argument("<spec>", "a JSON file, or - for standard input")
  .option(
    "-o, --output <file>",
    "the file; without it NAME.tar.gz, NAME.oci.tar or the directory NAME.oci",
  )
  .addOption(format)
  .addOption(
    new Option("--compressor <kind>", "compress a docker-archive so, whatever the spec says")
      .choices(["gz", "zstd", "none"] as const),
  )
  .addOption(layerCompression)
  .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
  .addOption(layerNames)
  .addOption(dockerV1)
  .option("--no-docker-v1", "leave that out; layered images are without it anyway")
  .addOption(target)
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image build`. */
export const command = machineOptions(planningOptions(storeOptions(described)))
  .action(async (spec, options) => {
    const { buildCommand } = await import("../../commands/build.ts");
    await buildCommand(spec, options);
  });
