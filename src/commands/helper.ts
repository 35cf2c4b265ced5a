/**
 * `nix-image helper`: texts for the scripts of a spec.
 * @module
 */

import { SHADOW_SETUP } from "../rootfs/shadow_setup.ts";

/** Prints the script that makes /etc/passwd and what belongs to it. */
export function helperCommand(): void {
  console.log(SHADOW_SETUP.trimEnd());
}
