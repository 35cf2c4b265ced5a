/**
 * `nix-image helper`: texts for the scripts of a spec.
 * @module
 */

import { SHADOW_SETUP } from "../rootfs/shadow_setup.ts";
import { print } from "../terminal/output.ts";

/** Prints the script that makes /etc/passwd and what belongs to it. */
export async function helperCommand(): Promise<void> {
  await print(SHADOW_SETUP.trimEnd());
}
