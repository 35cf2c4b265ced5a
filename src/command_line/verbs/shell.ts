/**
 * The command line of `nix-image shell`.
 * @module
 */

import { Option } from "commander";
import { json, quiet, storeOptions, verbose } from "../options.ts";
import { id } from "../option_values.ts";
import { verb } from "../verb.ts";

const described = verb("shell", {
  output: "With --output -, the spec; with --stream, the image as stream writes it.",
  examples: [
    "nix-image shell $(nix-instantiate default.nix) --stream | docker load",
    "nix-image shell hello.drv -o spec.json && nix-image build spec.json",
    "nix-image shell hello.drv --run buildDerivation -o spec.json",
  ],
  pages: ["shell.md"],
})
  .summary("make an image to build a derivation in, like nix-shell")
  .description(
    `Write the spec of an image that is to the derivation DRV what nix-shell is: its environment, all that it needs, and a bash that has read the setup of its stdenv. In the container, buildDerivation builds it. With --stream, write that image.

What DRV needs and is not in the store is built or fetched first, by nix-store.`,
  )
  .argument("<drv>", "a .drv file, as nix-instantiate makes it, or a link to one")
  .option("-o, --output <file>", "write the spec to this file, or - for standard output")
  .addOption(
    new Option("--stream", "write the image to standard output, for docker load")
      .conflicts("output"),
  )
  .option("--name <name>", "the image's name (default: that of DRV, and -env)")
  .option("--tag <tag>", "the image's tag (default: a hash of what determines it)")
  .option("--command <script>", "run this in the interactive shell, and end")
  .option("--run <script>", "run this in a shell that is not interactive, and end")
  .option(
    "--shell <path>",
    "a bash of the store, or its package (default: DRV's builder, if it is a bash)",
  )
  .option("--home-directory <dir>", "the user's home; it is made only if it is /build", "/build")
  .addOption(
    new Option(
      "--uid <number>",
      "run as this user, who owns /build and the directory of the store",
    )
      .argParser(id).default(1000),
  )
  .addOption(new Option("--gid <number>", "run as this group").argParser(id).default(1000))
  .option(
    "--coreutils <path>",
    "link /usr/bin/env to env of this package (default: one that DRV needs)",
  )
  .option("--cacert <path>", "certificates of authorities: a file of the store, or a package")
  .addOption(
    new Option("--compressor <kind>", "what the spec says of how build compresses").choices(
      ["gz", "zstd", "none"] as const,
    ),
  )
  .option("--no-realise", "fail if something that DRV needs is not in the store")
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image shell`. */
export const command = storeOptions(described)
  .action(async (drv, options) => {
    const { shellCommand } = await import("../../commands/shell.ts");
    await shellCommand(drv, options);
  });
