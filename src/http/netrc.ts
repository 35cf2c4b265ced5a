/**
 * Passwords by host, in the form of ftp's `.netrc` as curl has it (curl's manual, "netrc").
 * @module
 */

/** What a host knows us by. */
export interface Login {
  /** May be empty: some caches take a token as the password of nobody. */
  readonly username: string;
  readonly password: string;
}

/** The login for a host: the first that names it, else that of `default`. */
export function loginFor(netrc: string, host: string): Login | undefined {
  let current: { username: string; password?: string } | undefined;
  let found: Login | undefined;
  const take = () => {
    if (current?.password === undefined) return;
    found ??= { username: current.username, password: current.password };
  };
  const words = wordsOf(netrc);
  for (let at = 0; at < words.length; at++) {
    switch (words[at]) {
      case "machine":
        take();
        current = words[++at]?.toLowerCase() === host.toLowerCase() ? { username: "" } : undefined;
        break;
      case "default":
        take();
        current = { username: "" };
        break;
      case "login":
        at++;
        if (current) current.username = words[at] ?? "";
        break;
      case "password":
        at++;
        if (current) current.password = words[at] ?? "";
        break;
      case "account":
        at++;
        break;
    }
  }
  take();
  return found;
}

/** Without comments and macros, which end with an empty line; what is in quotes is one word. */
function wordsOf(text: string): string[] {
  return text.replace(/^[ \t]*macdef[^]*?(?:\n[ \t]*\r?\n|$(?![^]))/gm, "\n")
    .split("\n").filter((line) => !/^\s*#/.test(line))
    .flatMap((line) => line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [])
    .map((word) => word.startsWith('"') ? unquoted(word) : word);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquoted(word: string): string {
  if (word.length < 2 || !word.endsWith('"')) return word;
  return word.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}
