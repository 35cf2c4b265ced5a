/**
 * What all verbs have in common.
 * @module
 */

import { Command, type CommandUnknownOpts } from "commander";

/** A verb that was not loaded yet. */
export interface Verb {
  readonly name: string;
  /** The command with its description and options. */
  readonly load: () => Promise<CommandUnknownOpts>;
}

/** Verbs under the headings that they have in the help. */
export type Verbs = Readonly<Record<string, readonly Verb[]>>;

/** What help says of a verb besides its description and its options. */
export interface VerbHelp {
  /** Commands, to be typed as they are; those of several lines are one command. */
  readonly examples: readonly string[];
  /** What it prints, in sentences. */
  readonly output: string;
  /** What the exit statuses mean, where that is more than 0, 1 (failed), 2 (wrong usage or spec). */
  readonly exitStatus?: string;
  /** Pages of docs/ that say more, such as `plan.md`. */
  readonly pages?: readonly string[];
}

const HELP = new WeakMap<CommandUnknownOpts, VerbHelp>();

/** Columns of what is wrapped here; what commander wraps follows the terminal. */
const COLUMNS = 80;

/** A command with help that has examples. */
export function verb(name: string, help: VerbHelp): Command {
  const { output, examples, exitStatus } = help;
  const heading = examples.length === 1 ? "Example:" : "Examples:";
  const command = new Command(name)
    .addHelpText("after", `\nOutput:\n${wrapped(output, "  ")}\n\n${heading}`)
    .addHelpText(
      "after",
      examples.map((example) => `  ${example.replaceAll("\n", "\n  ")}`).join("\n"),
    );
  if (exitStatus !== undefined) {
    command.addHelpText("after", `\n${wrapped(`Exit status: ${exitStatus}`)}`);
  }
  HELP.set(command, help);
  return command;
}

/** What {@linkcode verb} was given for `command`. */
export function verbHelp(command: CommandUnknownOpts): VerbHelp {
  const help = HELP.get(command);
  if (help === undefined) throw new Error(`Not made by verb(): ${command.name()}`);
  return help;
}

function wrapped(text: string, indent = ""): string {
  const lines = new RegExp(`(.{1,${COLUMNS - indent.length}})(?: |$)`, "g");
  return [...text.matchAll(lines)].map(([, line]) => indent + line).join("\n");
}
