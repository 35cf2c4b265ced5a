/**
 * The command line of `nix-image push`.
 * @module
 */

import {
  cacheOptions,
  choiceOptions,
  json,
  layersOfRegistries,
  mountFrom,
  quiet,
  registryOptions,
  specOptions,
  strict,
  verbose,
} from "../options.ts";
import { verb } from "../verb.ts";

const described = verb("push", {
  output: "The digest of the manifest.",
  examples: [
    "nix-image push spec.json docker://registry.example/team/app:1.0",
    "nix-image push image.tar docker://localhost:5000/app --mount-from base",
    "nix-image push spec.json docker://registry.example/team/app \\\n  --cache-repo registry.example/cache --cache-key cache.key",
  ],
  pages: ["cache.md", "layering.md"],
})
  .summary("send an image to a registry, without what is there")
  .description(
    `Send IMAGE, or the image that SPEC describes, to a registry. Layers that the registry has are neither read nor sent; others are made, compressed and sent at the same time. The manifest goes last. Print its digest.

Without --username, credentials are those of podman login and docker login, and of the helpers that their files name.`,
  )
  .argument(
    "<image|spec>",
    "a docker-archive, an OCI archive or layout; or a spec, - for one on standard input",
  )
  .argument("<destination>", "docker://HOST[:PORT]/NAME[:TAG]")
  .addOption(layersOfRegistries)
  .addOption(mountFrom)
  .addOption(strict)
  .addOption(json)
  .addOption(quiet)
  .addOption(verbose);

/** `nix-image push`. */
export const command = specOptions(cacheOptions(registryOptions(choiceOptions(described))))
  .action(async (image, destination, options) => {
    const { pushCommand } = await import("../../commands/push.ts");
    await pushCommand(image, destination, options);
  });
