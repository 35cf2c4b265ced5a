/**
 * Shells that complete what is typed.
 * @module
 */

import { succeed } from "./program.ts";

/** What came of keys that were typed. */
export interface Typed {
  /** What the terminal got, without escape sequences. */
  readonly shown: string;
  /** The line at the prompt then. */
  readonly line: string;
}

/** Where the shell is started. */
export interface ShellPlace {
  /** Holds the files that it starts with; they are written here. */
  readonly home: string;
  readonly cwd: string;
}

/** In the keys: has the shell put all that it offers into the line. */
export const INSERT_ALL = "\x1b*";

/** What is typed at an interactive bash that has read `script`. */
export async function typeAtBash(
  script: string,
  keys: readonly string[],
  place: ShellPlace,
): Promise<Typed[]> {
  const file = `${place.home}/bashrc`;
  await Deno.writeTextFile(
    file,
    `PS1='READY> '
bind 'set show-all-if-ambiguous on'
bind 'set page-completions off'
bind 'set completion-query-items 0'
bind -x '"\\C-xp": printf "LINE<%s>END\\n" "$READLINE_LINE"'
${script}
`,
  );
  return await typeAt(["bash", "--noprofile", "--rcfile", file, "-i"], keys, place);
}

/** What is typed at an interactive zsh that has read `script`. */
export async function typeAtZsh(
  script: string,
  keys: readonly string[],
  place: ShellPlace,
): Promise<Typed[]> {
  await Deno.writeTextFile(
    `${place.home}/.zshrc`,
    `PS1='READY> '
bindkey -e
LISTMAX=1000
autoload -Uz compinit && compinit -u -D
line_at_prompt() { print -r -- "LINE<$BUFFER>END" }
zle -N line_at_prompt
bindkey '^Xp' line_at_prompt
${script}
`,
  );
  return await typeAt(["zsh", "-d", "-i"], keys, place);
}

async function typeAt(
  shell: readonly string[],
  keys: readonly string[],
  { home, cwd }: ShellPlace,
): Promise<Typed[]> {
  const driver = new URL("type_at_shell.py", import.meta.url).pathname;
  const answers: Typed[] = JSON.parse(
    await succeed(["/usr/bin/python3", driver, "160", ...shell], {
      stdin: JSON.stringify(keys),
      env: { HOME: home, ZDOTDIR: home, TERM: "xterm", LC_ALL: "C.UTF-8" },
      cwd,
    }),
  );
  return answers.map(({ shown, line }) => ({
    // deno-lint-ignore no-control-regex
    shown: shown.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, ""),
    line,
  }));
}
