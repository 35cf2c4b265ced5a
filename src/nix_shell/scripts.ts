/**
 * The scripts of a nix-shell image.
 * @module
 */

/** What the shell is to do by itself. */
export interface ShellCommand {
  /** `command`: in an interactive shell; `run`: in one that is not. */
  readonly how: "command" | "run";
  readonly text: string;
}

/**
 * What bash reads when it starts, after what nix-shell has it read (Nix 2.8, nix-build.cc): the
 * setup of the derivation's stdenv, and its shellHook.
 *
 * @param searchPath the directories that come before those of the setup
 */
export function rcFile(
  shell: string,
  searchPath: readonly string[],
  command: ShellCommand | null,
): string {
  const path = quote(searchPath.join(":"));
  const end = command === null ? "" : `${command.text}\nexit\n`;
  return `\
# The setup decides on the PATH.
unset PATH
dontAddDisableDepTrack=1
[ -e "$stdenv/setup" ] && source "$stdenv/setup"
export PATH=${path}"\${PATH:+:$PATH}"
SHELL=${quote(shell)}
BASH=${quote(shell)}
set +e
if [ -n "$PS1" ] && [ -z "$NIX_SHELL_PRESERVE_PROMPT" ]; then
  PS1='\\n\\[\\033[1;32m\\][nix-shell:\\w]\\$\\[\\033[0m\\] '
fi
if [ "$(type -t runHook)" = function ]; then
  runHook shellHook
fi
unset NIX_ENFORCE_PURITY
shopt -u nullglob
shopt -s execfail
${end}`;
}

/** The script that does what Nix does to build: it becomes the builder. */
export function buildScript(shell: string, builder: string, args: readonly string[]): string {
  return `#!${shell}\nexec ${[builder, ...args].map(quote).join(" ")}\n`;
}

function quote(word: string): string {
  return /^[\w./=:,@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
