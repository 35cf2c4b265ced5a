/**
 * What all verbs have in common.
 * @module
 */

import { Command, type CommandUnknownOpts } from "commander";

/** What help says of a verb besides its description and its options. */
export interface VerbHelp {
  /** Commands, to be typed as they are; those of several lines are one command. */
  readonly examples: readonly string[];
  /** What is to be said last. */
  readonly note?: string;
}

const HELP = new WeakMap<CommandUnknownOpts, VerbHelp>();

/** A command with help that has examples. */
export function verb(name: string, help: VerbHelp): Command {
  const { examples, note } = help;
  const heading = examples.length === 1 ? "Example:" : "Examples:";
  const command = new Command(name)
    .addHelpText(
      "after",
      ["", heading, ...examples.map((example) => `  ${example.replaceAll("\n", "\n  ")}`)].join(
        "\n",
      ),
    );
  if (note !== undefined) command.addHelpText("after", `\n${note}`);
  HELP.set(command, help);
  return command;
}

/** What {@linkcode verb} was given for `command`. */
export function verbHelp(command: CommandUnknownOpts): VerbHelp {
  return HELP.get(command) ?? { examples: [] };
}
