/**
 * Lists of strings as Python shows them, which is how nixpkgs' history comments have them.
 * @module
 */

/** The list as Python's `repr` writes it. */
export function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonString).join(", ")}]`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Blanks other than the space, and whatever has no glyph, count as not printable.
  const shown = text.replace(/[\\'\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    if (character === "'") return quote === "'" ? "\\'" : character;
    return ESCAPES[character] ?? escaped(character.codePointAt(0) ?? 0);
  });
  return quote + shown + quote;
}

function escaped(code: number): string {
  const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${code.toString(16).padStart(width, "0")}`;
}
