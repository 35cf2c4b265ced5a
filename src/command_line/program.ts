/**
 * The command line of nix-image.
 * @module
 */

import { Command, type CommandUnknownOpts } from "commander";
import { printNow } from "../terminal/print.ts";
import { errorPrefix, tell } from "../terminal/stderr.ts";
import { HELP } from "./help.ts";
import { VERBS } from "./verbs.ts";
import { VERSION_TEXT } from "./version_text.ts";

/**
 * The command line with the verb that `name` is, or with all of them: to load them takes longer
 * than most verbs do before they begin.
 */
export async function commandLine(name?: string): Promise<CommandUnknownOpts> {
  const program = new Command("nix-image")
    .version(VERSION_TEXT, "-V, --version", "print the version")
    .configureOutput({
      writeOut: printNow,
      writeErr: tell,
      outputError: (text, write) => write(text.replace(/^error:/, errorPrefix())),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showHelpAfterError("See nix-image --help, or nix-image COMMAND --help")
    .showSuggestionAfterError();
  const all = Object.values(VERBS).flat();
  const asked = all.filter((verb) => verb.name === name);
  for (const { load } of asked.length > 0 ? asked : all) {
    const command = await load();
    program.addCommand(command.copyInheritedSettings(program));
  }
  program.helpInformation = () => HELP;
  return program;
}
