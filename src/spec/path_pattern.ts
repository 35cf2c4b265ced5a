/**
 * Patterns for paths in the image.
 * @module
 */

import { visible } from "./problem.ts";

/** A pattern that is ready to be compared with paths. */
export interface PathPattern {
  /** Whether it matches an absolute path, such as `/home/alice`; `/` is the root. */
  matches(path: string): boolean;
  /** Whether it may match `directory` (absolute, not the root) or something below it. */
  reaches(directory: string): boolean;
}

/** Any number of components. */
const ANY = "**";

/**
 * Reads a pattern: an absolute path in which, within a component, `*` stands for any characters,
 * `?` for one, `[abc]` and `[a-z]` for one of these, `[!abc]` for one of all others; and a component
 * `**` for any number of components, none included, so that `/home/**` is `/home` and all below it.
 * A leading dot is a character as any other, and so is a backslash: `[*]` is an asterisk.
 * Characters are code points; a byte that is not UTF-8 is one of its own.
 *
 * @throws {Error} if it is not absolute, can not be read, or could never match.
 */
export function parsePathPattern(pattern: string): PathPattern {
  if (!pattern.startsWith("/")) {
    throw new Error('expected an absolute path, such as "/home/alice/**"');
  }
  const components = pattern === "/" ? [] : pattern.slice(1).split("/");
  for (const component of components) {
    if (component === "") throw new Error("a slash at the end, or two in a row, match nothing");
    if (component === "." || component === "..") {
      throw new Error(`no path in the image has a component "${component}"`);
    }
  }
  const sources = components.map((component) => component === ANY ? ANY : source(component));
  const whole = expression(
    sources.map((part, index) => {
      if (part !== ANY) return `/${part}`;
      // More of them in a row mean the same, and take time.
      return sources[index - 1] === ANY ? "" : "(?:/[^/]+)*";
    }).join(""),
  );
  const parts = sources.map((part) => part === ANY ? ANY : expression(part));
  return {
    matches: (path) => whole.test(path === "/" ? "" : path),
    reaches: (directory) => {
      const names = directory.slice(1).split("/");
      for (const [index, name] of names.entries()) {
        const part = parts[index];
        if (part === undefined) return false;
        if (part === ANY) return true;
        if (!part.test(name)) return false;
      }
      return true;
    },
  };
}

function expression(source: string): RegExp {
  return new RegExp(`^${source}$`, "u");
}

/** A component as the source of a regular expression. */
function source(component: string): string {
  const characters = [...component];
  let text = "";
  for (let i = 0; i < characters.length;) {
    const character = characters[i++] ?? "";
    if (character === "*") {
      text += "[^/]*";
      while (characters[i] === "*") i++;
    } else if (character === "?") text += "[^/]";
    else if (character === "[") {
      // A bracket that comes first is one of the characters.
      const first = characters[i] === "!" ? i + 1 : i;
      const end = characters.indexOf("]", first + 1);
      if (end === -1) {
        throw new Error(`"[" without "]" in ${quoted(component)}; "[[]" is a bracket`);
      }
      text += bracket(characters.slice(first, end), first > i);
      i = end + 1;
    } else text += escaped(character);
  }
  return text;
}

/** One character of `choice`, or one of all others. */
function bracket(choice: readonly string[], negated: boolean): string {
  let members = "";
  for (let i = 0; i < choice.length; i++) {
    const from = choice[i] ?? "";
    const to = choice[i + 1] === "-" ? choice[i + 2] : undefined;
    members += escaped(from);
    if (to === undefined) continue;
    if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0)) {
      throw new Error(`${quoted(`${from}-${to}`)} is a range from the later to the earlier`);
    }
    members += `-${escaped(to)}`;
    i += 2;
  }
  return `(?!/)[${negated ? "^" : ""}${members}]`;
}

function escaped(character: string): string {
  return /[\^$\\.*+?()[\]{}|/-]/.test(character)
    ? `\\u{${character.codePointAt(0)?.toString(16)}}`
    : character;
}

function quoted(text: string): string {
  return visible(JSON.stringify(text));
}
