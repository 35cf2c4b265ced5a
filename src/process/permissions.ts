/**
 * What the program may do, in one place: for starting it from source, and for what it starts again.
 * @module
 */

/** The options of `deno run` that nix-image needs; the README says why each. */
export const RUN_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-env=HOME,NO_COLOR,TMPDIR,XDG_CACHE_HOME",
  "--allow-run=nix-store,sh",
];
