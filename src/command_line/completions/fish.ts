/**
 * Completion of fish.
 * @module
 */

import {
  type ArgumentModel,
  type OptionModel,
  optionsOf,
  type ValueModel,
  type VerbGroup,
  type VerbModel,
} from "../model.ts";

/** The script for the file `nix-image.fish` in a directory of completions, or to be sourced. */
export function fishCompletions(groups: readonly VerbGroup[]): string {
  const verbs = groups.flatMap((group) => group.verbs);
  return `# fish completion of nix-image. Made by: nix-image completions fish

# Whether the verb comes next.
function __nix_image_no_verb
    test (count (commandline -poc)) -eq 1
end

# Whether the verb is the one that is named.
function __nix_image_verb
    set -l words (commandline -poc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

complete -c nix-image -f
complete -c nix-image -n __nix_image_no_verb -s V -l version -d 'print the version'
complete -c nix-image -n __nix_image_no_verb -s h -l help -d 'show help'
${
    verbs.map(({ name, summary }) =>
      `complete -c nix-image -n __nix_image_no_verb -a ${name} -d ${quoted(summary)}`
    ).join("\n")
  }

${verbs.map(completions).join("\n\n")}
`;
}

function completions(verb: VerbModel): string {
  const start = `complete -c nix-image -n '__nix_image_verb ${verb.name}'`;
  const parts = [...verb.arguments.flatMap(ofArgument), ...optionsOf(verb).map(ofOption)];
  return [...new Set(parts)].map((part) => `${start} ${part}`).join("\n");
}

function ofArgument(argument: ArgumentModel): string[] {
  const offered = argument.kind === "file" ? "-F" : words(argument);
  return offered === undefined ? [] : [offered];
}

function ofOption({ short, long, description, value }: OptionModel): string {
  return [
    ...short === undefined ? [] : [`-s ${short.slice(1)}`],
    `-l ${long.slice(2)}`,
    ...value === undefined ? [] : [value.kind === "file" ? "-r -F" : "-x", words(value) ?? ""],
    `-d ${quoted(description)}`,
  ].filter((part) => part !== "").join(" ");
}

/** What is offered besides files. */
function words({ kind, choices }: ValueModel): string | undefined {
  if (kind === "choice") return `-a ${quoted(choices.join(" "))}`;
  if (kind === "directory") return "-a '(__fish_complete_directories)'";
  return kind === "destination" ? "-a docker://" : undefined;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
