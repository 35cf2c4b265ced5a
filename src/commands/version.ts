/**
 * `nix-image version`.
 * @module
 */

import { programFacts } from "../doctor/program.ts";
import { jsonText } from "../terminal/format.ts";

/** Options of {@linkcode versionCommand}. */
export interface VersionOptions {
  readonly json?: boolean;
}

/**
 * Prints which nix-image this is.
 *
 * @param text what is printed for people
 */
export function versionCommand(text: string, { json = false }: VersionOptions): void {
  console.log(json ? jsonText(programFacts()) : text);
}
