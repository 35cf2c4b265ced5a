/**
 * The command line of `nix-image layer`.
 * @module
 */

import {
  json,
  machineOptions,
  quiet,
  remoteStoreOptions,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("layer", {
  output: "Nothing on standard output; the layer goes to a directory.",
  examples: [
    "nix-image layer spec.json -o layer",
  ],
  pages: ["format.md"],
})
  .summary("write an image's uppermost layer to a directory")
  .description(
    `Write the uppermost layer of the image that SPEC describes, without the layers of store paths, to a new directory: layer.tar, json and VERSION.`,
  )
  .argument("<spec>", "a JSON file, or - for standard input")
  .requiredOption("-o, --output <dir>", "the directory, which must not be there yet")
  .addOption(target)
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image layer`. */
export const command = machineOptions(remoteStoreOptions(storeOptions(described)))
  .action(async (spec, options) => {
    const { layerCommand } = await import("../../commands/layer.ts");
    await layerCommand(spec, options);
  });
