/**
 * The text of `nix-image --help`, from the descriptions of the verbs.
 * @module
 */

import { VERBS } from "./verbs.ts";

/** What `src/command_line/help.ts` has to hold: that text is there without loading all verbs. */
export async function programHelp(): Promise<string> {
  const sections: string[] = [];
  for (const [heading, verbs] of Object.entries(VERBS)) {
    const lines = await Promise.all(verbs.map(async ({ name, load }) => {
      return `  ${name.padEnd(12)}${(await load()).summary()}`;
    }));
    sections.push([`${heading}:`, ...lines].join("\n"));
  }
  return `Usage: nix-image COMMAND [options]

Container images from Nix store paths, without Docker and without root.

${sections.join("\n\n")}

Options:
  -V, --version  print the version
  -h, --help     show help, also of a command: nix-image COMMAND --help

Exit status: 0, 1 (failed), 2 (wrong usage or spec).
`;
}
