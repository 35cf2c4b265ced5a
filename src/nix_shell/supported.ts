/**
 * Which derivations a nix-shell image can be made for.
 * @module
 */

import { ImageError } from "../errors.ts";
import { ociArchitecture } from "../spec/architecture.ts";
import type { Derivation } from "../store/derivation.ts";

/**
 * Checks that the derivation's environment is known and can be had in a container.
 *
 * @param name of the derivation
 * @returns what will not be as in a build by Nix, one sentence each
 * @throws {ImageError} if it can not.
 */
export function checkSupported(derivation: Derivation, name: string): string[] {
  const { environment, outputs, builder, system } = derivation;
  if (environment.has("__json")) {
    // nixpkgs' words, which people look for.
    throw new ImageError(
      `streamNixShellImage: Does not work with the derivation ${name} because it uses ` +
        "__structuredAttrs",
    );
  }
  if (builder.startsWith("builtin:")) {
    throw new ImageError(`${name} is built by ${builder}, a part of Nix that no image has`);
  }
  for (const [output, { path }] of outputs) {
    if (path !== null) continue;
    throw new ImageError(
      `${name} is content-addressed, or needs something that is: where its output ${output} is to ` +
        "be is known only once it is built, and so there can be no image for it",
    );
  }
  if (!system.endsWith("-linux") || ociArchitecture(system) === undefined) {
    throw new ImageError(`${name} is for ${system}, and images are for Linux`);
  }
  const isFixed = [...outputs.values()].some(({ hash }) => hash !== "");
  return isFixed
    ? [
      `${name} has a fixed output: in the container nobody checks its hash, and the variables of ` +
      "impureEnvVars are not passed on",
    ]
    : [];
}
