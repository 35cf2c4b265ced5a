/**
 * `nix-image version`.
 * @module
 */

import { programFacts } from "../doctor/program.ts";
import { jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";

/** Options of {@linkcode versionCommand}. */
export interface VersionOptions {
  readonly json?: boolean;
}

/**
 * Prints which nix-image this is.
 *
 * @param text what is printed for people
 */
export async function versionCommand(
  text: string,
  { json = false }: VersionOptions,
): Promise<void> {
  await print(json ? jsonText(programFacts()) : text);
}
