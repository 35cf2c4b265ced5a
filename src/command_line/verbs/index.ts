/**
 * The command line of `nix-image index`.
 * @module
 */

import { Option } from "commander";
import {
  cacheOptions,
  choiceOptions,
  json,
  layersOfRegistries,
  machineOptions,
  mountFrom,
  quiet,
  registryOptions,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { listed } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("index", {
  examples: [
    "nix-image index amd64.json arm64.json docker://registry.example/team/app:1.0",
    "nix-image index amd64.tar.gz arm64.oci -o app.oci",
  ],
})
  .summary("make one image of several, which are for different platforms")
  .description(
    `Make an image index: one name for several images, each for another platform. It has the images that SPECs describe, and all of IMAGEs, or those that --name, --tag and --platform choose.

It is written to a file or directory, an OCI image layout, or sent to a registry: its images by their digests and the index last. Blobs that images have in common are there once. The digest of the index, which is printed then, does not depend on the order of the arguments.`,
  )
  .argument(
    "<images|specs...>",
    "docker-archives, OCI archives or layouts, specs, - once for one on standard input; last, unless there is an --output, docker://HOST[:PORT]/NAME[:TAG]",
  )
  .option("-o, --output <path>", "the directory of an OCI layout; the file, if it ends in .tar")
  .addOption(
    new Option("--format <kind>", "an OCI layout as a directory or a file, whatever its name is")
      .choices(["oci", "oci-archive"] as const),
  )
  .option("-t, --repo-tag <name:tag>", "name the index so in the layout (as the first image)")
  .addOption(
    new Option("--annotation <key=value>", "say this of the index; may be given several times")
      .argParser(listed),
  )
  .addOption(layersOfRegistries)
  .addOption(mountFrom)
  .addOption(target)
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image index`. */
export const command = machineOptions(
  storeOptions(cacheOptions(registryOptions(choiceOptions(described)))),
)
  .action(async (sources, options) => {
    const { indexCommand } = await import("../../commands/index.ts");
    await indexCommand(sources, options);
  });
