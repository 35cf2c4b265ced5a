/**
 * The command line of `nix-image prefetch`.
 * @module
 */

import { pulledOptions, quiet, registryOptions, verbose } from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("prefetch", {
  output: "A Nix attribute set; with --json, JSON.",
  examples: [
    "nix-image prefetch alpine:3.19",
    "nix-image prefetch --json --arch arm64 --lock app.lock alpine:3.19",
  ],
  pages: ["prefetch.md", "lock.md"],
})
  .summary("print digest and hash of an image in a registry, for pullImage")
  .description(
    `Print digest and hash of the image NAME in a registry as a Nix attribute set: the arguments of nixpkgs' pullImage. Where NAME is an index of several images, the digest is that of the platform's image. The hash is that of the file which pull writes.`,
  )
  .argument("<name>", "such as alpine:3, registry.example:5000/app or alpine@sha256:...")
  .option("--lock <file>", "put the digests into this lock file, for pull --locked")
  .option("--json", "print JSON, with both digests and the platform (docs/prefetch.md)")
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image prefetch`. */
export const command = registryOptions(pulledOptions(described))
  .action(async (name, options) => {
    const { prefetchCommand } = await import("../../commands/prefetch.ts");
    await prefetchCommand(name, options);
  });
