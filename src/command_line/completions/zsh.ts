/**
 * Completion of zsh.
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

/** The script for the file `_nix-image` in a directory of `fpath`, or to be sourced. */
export function zshCompletions(groups: readonly VerbGroup[]): string {
  const verbs = groups.flatMap((group) => group.verbs);
  return `#compdef nix-image
# zsh completion of nix-image. Made by: nix-image completions zsh

_nix-image() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C -S \\
    '(- *)'{-V,--version}'[print the version]' \\
    '(- *)'{-h,--help}'[show help]' \\
    '1:command:_nix-image_verbs' \\
    '*:: :->verb'
  [[ $state == verb ]] || return
  curcontext=\${curcontext%:*}-$line[1]:
  case $line[1] in
${verbs.map(verbCase).join("\n")}
  esac
}

_nix-image_verbs() {
  local -a verbs
${groups.map(described).join("\n")}
}

# What an image is sent to.
_nix-image_destination() {
  compadd -S '' "$@" -- docker://
}

if [[ $funcstack[1] == _nix-image ]]; then
  _nix-image "$@"
else
  compdef _nix-image nix-image
fi
`;
}

function described({ heading, verbs }: VerbGroup): string {
  const tag = heading.toLowerCase().replaceAll(" ", "-");
  return [
    "  verbs=(",
    ...verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`),
    "  )",
    `  _describe -t ${tag} ${quoted(heading.toLowerCase())} verbs`,
  ].join("\n");
}

function verbCase(verb: VerbModel): string {
  const specs = [...optionsOf(verb).map(optionSpec), ...verb.arguments.map(argumentSpec)];
  return [
    `  ${verb.name})`,
    `    _arguments -s -S \\`,
    specs.map((spec) => `      ${spec}`).join(" \\\n"),
    "    ;;",
  ].join("\n");
}

/** An option for `_arguments`, see zshcompsys(1). */
function optionSpec({ short, long, description, value, repeatable }: OptionModel): string {
  const after = `[${bracketed(description)}]${value ? action(value) : ""}`;
  const one = `${long}${value ? "=" : ""}`;
  if (short === undefined) return quoted(`${repeatable ? "*" : ""}${one}${after}`);
  const both = `{${short}${value ? "+" : ""},${one}}`;
  return `${quoted(repeatable ? "*" : `(${short} ${long})`)}${both}${quoted(after)}`;
}

function argumentSpec(argument: ArgumentModel, index: number): string {
  const position = argument.variadic ? "*" : `${index + 1}${argument.required ? "" : ":"}`;
  return quoted(`${position}${action(argument)}`);
}

/** `:message:action`. */
function action({ placeholder, kind, choices }: ValueModel): string {
  return `:${placeholder.replaceAll(":", "\\:")}:${
    {
      file: "_files",
      directory: "_files -/",
      destination: "_nix-image_destination",
      choice: `(${choices.join(" ")})`,
      word: " ",
    }[kind]
  }`;
}

/** As it stands between brackets. */
function bracketed(text: string): string {
  return text.replace(/[\\[\]]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
