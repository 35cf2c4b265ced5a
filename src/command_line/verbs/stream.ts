/**
 * The command line of `nix-image stream`.
 * @module
 */

import { Option } from "commander";
import {
  dockerV1,
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

const described = verb("stream", {
  examples: [
    "nix-image stream spec.json | docker load",
    "nix-image stream spec.json > image.tar",
    "$(nix-image stream spec.json) | docker load",
    "docker image inspect $(docker image ls -q) |\n  nix-image stream --have - spec.json | docker load",
  ],
})
  .summary("write an image to standard output, for docker load")
  .description(`Write the image that SPEC describes to standard output, as docker load reads it.

In the command substitution of a shell, which can not hold an archive, the path of a script that does so is printed instead.

SPEC may also be the conf.json that nixpkgs' streamLayeredImage gives to its own script: the archive is that script's, byte for byte.`)
  .argument("[spec]", "a JSON file, or - for standard input")
  .option("-t, --repo-tag <name:tag>", "name the image so, whatever the spec says")
  // As nixpkgs' script spells it.
  .addOption(new Option("--repo_tag <name:tag>").conflicts("repoTag").hideHelp())
  .addOption(layerNames)
  .addOption(dockerV1)
  .addOption(target)
  .addOption(
    new Option(
      "--have <file...>",
      "leave layers out that Docker has: what docker image inspect printed, - for standard input",
    ).conflicts(["script", "plan", "dockerV1", "layerNames"]),
  )
  .addOption(new Option("--tar", "write the archive, even if a shell captures it"))
  .addOption(new Option("--script", "print the path of a script that writes it").conflicts("tar"))
  .addOption(new Option("--plan <plan.json>", "carry out what --script has planned").hideHelp())
  .addOption(strict)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image stream`. */
export const command = machineOptions(planningOptions(storeOptions(described)))
  .action(async (spec, { repo_tag, ...options }) => {
    const { streamCommand } = await import("../../commands/stream.ts");
    await streamCommand(
      spec,
      repo_tag === undefined ? options : { ...options, repoTag: repo_tag },
    );
  });
