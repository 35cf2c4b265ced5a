/**
 * Names of files in messages: those in archives are chosen by others.
 * @module
 */

import { shortened } from "../visible.ts";

/** Room for `blobs/sha256/` and a digest. */
const MAX_SHOWN = 120;

/** The name as a message has it. */
export function shownName(name: string): string {
  return shortened(name, MAX_SHOWN);
}
