/**
 * The command line of `nix-image pull`.
 * @module
 */

import { Option } from "commander";
import {
  digest,
  format,
  json,
  pulledOptions,
  quiet,
  registryOptions,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("pull", {
  output: "Nothing on standard output; the image goes to a file or a directory.",
  examples: [
    "nix-image pull alpine:3.19 -o alpine.tar &&\n  docker load --input alpine.tar",
    "nix-image pull alpine:3.19 --arch arm64 --format oci -o alpine.oci",
  ],
  pages: ["lock.md", "prefetch.md"],
})
  .summary("get an image out of a registry, into a file")
  .description(
    `Write the image NAME, out of a registry, to a file that docker load reads: an archive without compression, as nixpkgs' pullImage makes it; or as an OCI image layout with the digests that it has in the registry. This takes skopeo.

The file or directory appears when it is whole: nothing half-written is ever seen under its name.`,
  )
  .argument("<name>", "such as alpine:3, registry.example:5000/app or alpine@sha256:...")
  .requiredOption("-o, --output <file>", "the file, or the directory of --format oci")
  .addOption(format)
  .addOption(digest)
  .addOption(new Option("--locked", "take the digest from the lock file").conflicts("digest"))
  .addOption(
    new Option("--lock <file>", "the lock file; implies --locked (default: nix-image.lock)")
      .implies({ locked: true }),
  )
  .option(
    "--hash <hash>",
    "fail unless the file has this SHA-256, written as Nix does: SRI, or base 16, 32 or 64",
  )
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image pull`. */
export const command = registryOptions(pulledOptions(described))
  .action(async (name, options) => {
    const { pullCommand } = await import("../../commands/pull.ts");
    await pullCommand(name, options);
  });
