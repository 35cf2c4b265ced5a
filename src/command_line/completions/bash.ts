/**
 * Completion of bash. The script needs bash 4.4 and nothing else.
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

/** The script for the file `nix-image` in bash-completion's directory, or to be sourced. */
export function bashCompletions(groups: readonly VerbGroup[]): string {
  const verbs = groups.flatMap((group) => group.verbs);
  return `# bash completion of nix-image. Made by: nix-image completions bash

# Puts what the verb $1 takes into options and arguments. A value is a <file>, a <directory>, a
# <destination>, a <word> or one of several that are named; ... marks what may be there several times.
_nix_image_describe() {
  case $1 in
${verbs.map(describe).join("\n")}
  *) return 1 ;;
  esac
}

_nix_image_verbs='${verbs.map(({ name }) => name).join(" ")}'
${ENGINE}`;
}

function describe(verb: VerbModel): string {
  return [
    `  ${verb.name})`,
    "    options=(",
    ...optionsOf(verb).map((option) => `      ${quoted(describeOption(option))}`),
    "    )",
    `    arguments=(${verb.arguments.map(describeArgument).map(quoted).join(" ")})`,
    "    ;;",
  ].join("\n");
}

function describeOption({ short, long, value, repeatable }: OptionModel): string {
  const names = short === undefined ? long : `${short},${long}`;
  return (value === undefined ? names : `${names}=${describeValue(value)}`) +
    (repeatable ? "..." : "");
}

function describeArgument(argument: ArgumentModel): string {
  return describeValue(argument) + (argument.variadic ? "..." : "");
}

function describeValue({ kind, choices }: ValueModel): string {
  return kind === "choice" ? choices.join("|") : `<${kind}>`;
}

/** As one word of a shell. */
function quoted(text: string): string {
  return /^[\w,.=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What does not depend on the verbs. */
/** What does not depend on the verbs. */
const ENGINE = `
# Offers the words of $1 that begin with what was typed. Of a word with = or : bash replaces the end
# alone, unless these are no COMP_WORDBREAKS: what it replaces is in $replaced.
_nix_image_words() {
  local word lead=''
  [[ $replaced == *"$current" ]] && lead=\${replaced%"$current"}
  for word in $1; do
    [[ $word == "$current"* ]] || continue
    [[ $current == *"$replaced" ]] && word=\${word#"\${current%"$replaced"}"}
    COMPREPLY+=("$lead$word")
  done
}

# Offers what a value may be that is described as $1.
_nix_image_value() {
  case $1 in
  '<file>') compopt -o default ;;
  '<directory>') compopt -o dirnames ;;
  '<destination>')
    compopt -o nospace
    _nix_image_words docker://
    ;;
  '<word>' | '') ;;
  *) _nix_image_words "\${1//|/ }" ;;
  esac
}

# Puts the description of the value of the option $1 into value, or nothing.
_nix_image_value_of() {
  local option
  value=''
  for option in "\${options[@]}"; do
    option=\${option%...}
    [[ $option == *=* && ,\${option%%=*}, == *",$1,"* ]] && value=\${option#*=}
  done
}

# Offers the options that may be given now; those before are in $given.
_nix_image_options() {
  local option name names
  for option in "\${options[@]}"; do
    names=\${option%%=*}
    names=\${names%...}
    names=\${names//,/ }
    for name in $names; do
      [[ $option != *... && $given == *" $name "* ]] && continue 2
    done
    _nix_image_words "$names"
  done
}

_nix_image() {
  local replaced=$2 words=() word rest=\${COMP_LINE:0:COMP_POINT} i
  COMPREPLY=()
  # COMP_WORDS are split at = and :, too. Here words begin after blanks.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      words+=('')
      rest=\${rest#"\${rest%%[![:space:]]*}"}
    fi
    word=\${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    words[-1]+=$word
    rest=\${rest#"$word"}
  done

  local current=\${words[-1]#[\\"\\']} last=$((\${#words[@]} - 1))
  if [[ $current == *['<>']* || \${words[last - 1]} == *['<>'] ]]; then
    compopt -o default
    return
  fi
  if ((last == 1)); then
    if [[ $current == -* ]]; then
      _nix_image_words '-h --help -V --version'
    else
      _nix_image_words "$_nix_image_verbs"
    fi
    return
  fi

  local options=() arguments=() value='' given=' ' count=0 ended=''
  _nix_image_describe "\${words[1]}" || return
  for word in "\${words[@]:2:last - 2}"; do
    if [[ $value ]]; then
      value=''
    elif [[ $word == *['<>'] ]]; then
      value='<file>'
    elif [[ $word == *['<>']* ]]; then
      continue
    elif [[ ! $ended && $word == -- ]]; then
      ended=yes
    elif [[ ! $ended && $word == -?* ]]; then
      given+="\${word%%=*} "
      [[ $word == *=* ]] || _nix_image_value_of "$word"
    else
      ((count++))
    fi
  done

  if [[ $value ]]; then
    _nix_image_value "$value"
  elif [[ ! $ended && $current == -*=* ]]; then
    _nix_image_value_of "\${current%%=*}"
    current=\${current#*=}
    current=\${current#[\\"\\']}
    _nix_image_value "$value"
  elif [[ ! $ended && $current == -* ]]; then
    _nix_image_options
  elif ((count < \${#arguments[@]})); then
    _nix_image_value "\${arguments[count]%...}"
  elif [[ \${arguments[*]} == *... ]]; then
    _nix_image_value "\${arguments[-1]%...}"
  fi
}

complete -F _nix_image nix-image
`;
