/**
 * The dynamic loader's variables, under which Deno starts no program, inherited or not, unless they
 * are empty. A nix-shell or a user's profile has them.
 * @module
 */

import { ImageError } from "../errors.ts";

/**
 * For a child's environment: those that a user may have, and that mean nothing to a loader when
 * they are empty (ld.so(8), dyld(1)). What is set at all counts for others, such as
 * LD_DYNAMIC_WEAK: those stay out of here.
 */
export const NO_LOADER_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "DYLD_FALLBACK_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "LD_AUDIT",
    "LD_BIND_NOT",
    "LD_BIND_NOW",
    "LD_DEBUG",
    "LD_DEBUG_OUTPUT",
    // Not the loader's, but the linker's; Deno makes no difference.
    "LD_DYLD_PATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LD_PROFILE",
    "LD_PROFILE_OUTPUT",
    "LD_RUN_PATH",
    "LD_VERBOSE",
    "LD_WARN",
  ].map((name) => [name, ""]),
);

/** The error where another such variable kept Deno from starting `program`; else undefined. */
export function loaderVariableError(
  program: string,
  cause: Error,
): ImageError | undefined {
  const names = cause.message.match(/\b(?:DY)?LD_\w+/gi);
  if (!names) return undefined;
  const unset = names.map((name) => `-u ${name}`).join(" ");
  return new ImageError(
    `Cannot run ${program} while ${names.join(" and ")} is set; leave it out: ` +
      `env ${unset} nix-image …`,
    { cause },
  );
}
