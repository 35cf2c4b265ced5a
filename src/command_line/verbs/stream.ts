/**
 * The command line of `nix-image stream`.
 * @module
 */

import { Option } from "commander";
import { dockerV1, layerNames, quiet, specOptions, strict, target, verbose } from "../options.ts";
import { listed } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("stream", {
  output:
    "The image as a docker-archive; or, in a command substitution or with --script, the path of a script.",
  examples: [
    "nix-image stream spec.json | docker load",
    "nix-image stream spec.json > image.tar",
    "$(nix-image stream spec.json) | docker load",
    "docker image inspect $(docker image ls -q) |\n  nix-image stream --have - spec.json | docker load",
  ],
  pages: ["format.md", "layering.md"],
})
  .summary("write an image to standard output, for docker load")
  .description(`Write the image that SPEC describes to standard output, as docker load reads it.

In the command substitution of a shell, $(nix-image stream spec.json), which can not hold an archive, print the path of a script that writes it instead.

SPEC may also be the conf.json that nixpkgs' streamLayeredImage gives to its own script: the archive is that script's, byte for byte.`)
  .argument("[spec]", "a JSON file, or - for standard input")
  .option("-t, --repo-tag <name:tag>", "name and tag of the image, whatever the spec says")
  // As nixpkgs' script spells it.
  .addOption(new Option("--repo_tag <name:tag>").conflicts("repoTag").hideHelp())
  .addOption(target)
  .addOption(
    new Option(
      "--have <file>",
      "what docker image inspect printed, - for standard input: leave out the layers of these images; may be given several times",
    ).argParser(listed).conflicts(["script", "plan", "dockerV1", "layerNames"]),
  )
  .addOption(new Option("--tar", "write the archive, even in a command substitution"))
  .addOption(
    new Option("--script", "print the path of a script that writes it, wherever that goes")
      .conflicts("tar"),
  )
  .addOption(layerNames)
  .addOption(dockerV1)
  .addOption(new Option("--plan <plan.json>", "carry out what --script has planned").hideHelp())
  .addOption(strict)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image stream`. */
export const command = specOptions(described)
  .action(async (spec, { repo_tag, ...options }) => {
    const { streamCommand } = await import("../../commands/stream.ts");
    await streamCommand(
      spec,
      repo_tag === undefined ? options : { ...options, repoTag: repo_tag },
    );
  });
