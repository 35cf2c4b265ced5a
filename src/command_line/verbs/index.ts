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
  remoteStoreOptions,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { listed } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("index", {
  output:
    "The digest of the index where it goes to a registry; nothing on standard output otherwise.",
  examples: [
    "nix-image index amd64.json arm64.json docker://registry.example/app:1.0",
    "nix-image index amd64.tar.gz arm64.oci -o app.oci",
  ],
  pages: ["cache.md"],
})
  .summary("make an image for several platforms out of one for each")
  .description(
    `Make an image index: one name for several images, each for another platform. It has the images that SPECs describe, and all of IMAGEs, or those that --name, --tag and --platform choose.

With --output it is written to a file or directory, an OCI image layout. Else it is sent to the registry that the last argument names: its images first, by their digests, and the index last. What images have in common is stored or sent once. The digest of the index does not depend on the order of the arguments.`,
  )
  .argument(
    "<images|specs...>",
    "docker-archives, OCI archives or layouts, specs, - once for one on standard input; last, unless there is an --output, docker://HOST[:PORT]/NAME[:TAG]",
  )
  .option(
    "-o, --output <path>",
    "the directory of an OCI layout; one file, if the name ends in .tar",
  )
  .addOption(
    new Option(
      "--format <kind>",
      "an OCI layout as a directory or as one file, whatever its name is",
    )
      .choices(["oci", "oci-archive"] as const),
  )
  .option(
    "-t, --repo-tag <name:tag>",
    "name and tag of the index in the layout (default: those of the first image)",
  )
  .addOption(
    new Option("--annotation <key=value>", "an annotation of the index; may be given several times")
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
  remoteStoreOptions(storeOptions(cacheOptions(registryOptions(choiceOptions(described))))),
)
  .action(async (sources, options) => {
    const { indexCommand } = await import("../../commands/index.ts");
    await indexCommand(sources, options);
  });
