/**
 * Files whose names are not UTF-8. Deno shows such a name with U+FFFD and can't open it, so that
 * within a directory of our own the file gets another name for as long as Deno works with it.
 * @module
 */

import { runShell } from "../process/run.ts";
import { decodeName, encodeName, isUtf8 } from "../tar/name.ts";

/** What Deno shows in place of bytes that are not UTF-8. */
export const REPLACEMENT = "\ufffd";

/** A POSIX shell's word for exactly these bytes, by way of the variable that a line before sets. */
const WORD = `
export LC_ALL=C
word() { word=$(printf "$1."); word=\${word%.}; }
`;

/** An argument of `word` above: all bytes in octal. */
function octal(name: string): string {
  return `'${
    Array.from(encodeName(name), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")
  }'`;
}

/** A shell's word for text that has no NUL. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Commands to be run in a directory, with names made of any bytes. */
export class RawCommands {
  readonly #lines: string[] = [];

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Makes a FIFO. */
  fifo(path: string): void {
    this.#lines.push(`mkfifo ${quoted(`./${path}`)}`);
  }

  /** Makes a symlink to a target made of any bytes. */
  symlink(target: string, path: string): void {
    this.#lines.push(`word ${octal(target)}`, `ln -s -- "$word" ${quoted(`./${path}`)}`);
  }

  /** Sets permission bits. */
  mode(mode: number, path: string): void {
    this.#lines.push(`chmod ${mode.toString(8).padStart(4, "0")} ${quoted(`./${path}`)}`);
  }

  /** Renames: one of both names may be made of any bytes. */
  rename(from: string, to: string): void {
    this.#lines.push(`word ${octal(`./${from}`)}`, `from=$word`, `word ${octal(`./${to}`)}`);
    this.#lines.push('mv -f -- "$from" "$word"');
  }

  /** Runs what was asked for, in `directory`. */
  async run(directory: string): Promise<void> {
    if (this.isEmpty) return;
    // The commands come on standard input, as there may be more than an argument can hold.
    const lines = `${WORD}\n${this.#lines.join("\n")}\n`;
    await runShell('cd -- "$1"; exec sh -e', [directory], lines);
  }
}

/** A prefix of names that nothing in `names` has. */
export function unusedPrefix(names: Iterable<string>): string {
  const taken = [...names];
  let prefix = ".nix-image-";
  while (taken.some((name) => name.startsWith(prefix))) prefix += "-";
  return prefix;
}

const LIST = `
cd -- "$1"
export LC_ALL=C
for name in * .[!.]* ..?*; do
  if [ -e "./$name" ] || [ -L "./$name" ]; then printf '%s\\0' "$name"; fi
done`;

/**
 * Renames what has a name that is not UTF-8 directly in `directory`.
 *
 * @returns all names in the directory by what they are now.
 */
export async function renameRaw(directory: string): Promise<Map<string, string>> {
  const names = splitAtNul(await runShell(LIST, [directory]));
  const prefix = unusedPrefix(names);
  const commands = new RawCommands();
  const now = new Map<string, string>();
  for (const name of names) {
    const alias = isUtf8(name) ? name : `${prefix}${now.size}`;
    now.set(alias, name);
    if (alias !== name) commands.rename(name, alias);
  }
  await commands.run(directory);
  return now;
}

/** Where a symlink points whose target is not UTF-8. */
export async function rawTarget(path: string): Promise<string> {
  const bytes = await runShell('exec readlink -- "$1"', [path]);
  return decodeName(bytes.subarray(0, -1)); // without the newline that readlink adds
}

function splitAtNul(bytes: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 0, end; (end = bytes.indexOf(0, at)) !== -1; at = end + 1) {
    names.push(decodeName(bytes.subarray(at, end)));
  }
  return names;
}
