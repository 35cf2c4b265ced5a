/**
 * Text in man pages: groff_man(7), groff_char(7).
 * @module
 */

/** Characters that formatters take for something else, or show as something else. */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  '"': "\\(dq",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** The same characters within a line, or a quoted argument of a macro. */
export function escaped(text: string): string {
  return text.replace(/[\\\-'`"^~]/g, (character) => SPECIAL[character] ?? "");
}

/** Lines of text, none of which is a request; options in them are bold. */
export function prose(text: string): string {
  return text.split("\n").map((line) => {
    const parts = line.split(/((?<![\w-])--[a-z][\w-]*)/);
    return guarded(parts.map((part, index) => index % 2 ? bold(part) : escaped(part)).join(""));
  }).join("\n");
}

/** As it is, lines and blanks. */
export function verbatim(text: string): string {
  const lines = text.split("\n").map((line) => guarded(escaped(line)));
  return [".RS 2", ".nf", ...lines, ".fi", ".RE"].join("\n");
}

/** To be typed so. */
export function bold(text: string): string {
  return `\\fB${escaped(text)}\\fR`;
}

/** To be replaced. */
export function italic(text: string): string {
  return `\\fI${escaped(text)}\\fR`;
}

/** A term and what is to be said of it; both are roff. */
export function entry(term: string, text: string): string {
  return `.TP\n${guarded(term)}\n${text}`;
}

function guarded(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}
