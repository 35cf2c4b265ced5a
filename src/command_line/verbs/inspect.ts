/**
 * The command line of `nix-image inspect`.
 * @module
 */

import {
  choiceOptions,
  planningOptions,
  quiet,
  storeOptions,
  strict,
  target,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("inspect", {
  output: "Names, config and layers of each image, in tables; with --json, JSON.",
  examples: [
    "nix-image inspect image.tar.gz",
    "nix-image inspect --json --platform linux/arm64 layout.oci",
    "nix-image inspect spec.json",
  ],
  pages: ["inspect.md"],
})
  .summary("show what is in an image, or what is going to be in it")
  .description(
    `Show names, config and layers of IMAGE, with the store paths in each layer: of all images, where there are several. Layers are read once; what is in them is kept for the next time.

Of a SPEC, show the image that it will make, without reading files: base layers are listed, others have no digests yet.`,
  )
  .argument(
    "<image|spec>",
    "a docker-archive, an OCI archive or layout; or a spec, - for one on standard input",
  )
  .option(
    "-t, --repo-tag <name:tag>",
    "of a spec: name and tag of the image, whatever the spec says",
  )
  .addOption(target)
  .option("--json", "print JSON: all store paths, sizes in bytes (docs/inspect.md)")
  .addOption(strict)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image inspect`. */
export const command = planningOptions(storeOptions(choiceOptions(described)))
  .action(async (image, options) => {
    const { inspectCommand } = await import("../../commands/inspect.ts");
    await inspectCommand(image, options);
  });
