/**
 * The command line of `nix-image load`.
 * @module
 */

import { Option } from "commander";
import { choiceOptions, json, quiet, specOptions, strict, target, verbose } from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("load", {
  output: "The image's name, as the engine knows it; one a line, if it has several.",
  examples: [
    "nix-image load spec.json",
    'docker run --rm "$(nix-image load --quiet --engine docker spec.json)"',
    "CONTAINERD_NAMESPACE=k8s.io \\\n  nix-image load --engine containerd image.tar.gz",
  ],
  pages: ["layering.md"],
})
  .summary("load an image into Docker, Podman or containerd")
  .description(
    `Load the image that SPEC describes, or an IMAGE, into a local engine, without the layers that the engine has. Print the image's name.

Docker has a layer only together with all layers below it: above a layer that changed, all are sent. Podman and containerd take each layer by itself. Digests of layers are kept from run to run, so that they are known before the layers are read.`,
  )
  .argument(
    "<spec|image>",
    "a spec, - for one on standard input; or a docker-archive, an OCI archive or layout",
  )
  .addOption(
    new Option("--engine <name>", "which engine (default: docker if it answers, else podman)")
      .choices(["docker", "podman", "containerd"] as const),
  )
  .option(
    "-t, --repo-tag <name:tag>",
    "of a spec: name and tag of the image, whatever the spec says",
  )
  .addOption(target)
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image load`. */
export const command = specOptions(choiceOptions(described))
  .action(async (spec, options) => {
    const { loadCommand } = await import("../../commands/load.ts");
    await loadCommand(spec, options);
  });
