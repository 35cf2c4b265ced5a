/**
 * Text in a picture whose font is not known: how wide it is at most, and what of it fits.
 * @module
 */

import { visible } from "../visible.ts";

/**
 * The widths of the ASCII characters from the space on, in hundredths of the font's size: those of DejaVu
 * Sans, which with Verdana is the widest font that browsers take for sans-serif.
 */
// deno-fmt-ignore
const WIDTHS = [
  32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34,
  64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54,
  100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79,
  61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50,
  50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62,
  64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84,
];

/** Other characters; symbols of other scripts and emoji are wider than letters. */
const OTHER = 110;
const WIDE = 140;
const FIRST_WIDE = 0x2e80;

/** How much wider bold text may be. */
const BOLD = 1.2;

/** The most pixels that `text` may take. */
export function textWidth(text: string, size: number, weight: "normal" | "bold" = "normal") {
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    hundredths += WIDTHS[code - 32] ?? (code < FIRST_WIDE ? OTHER : WIDE);
  }
  return hundredths * size / 100 * (weight === "bold" ? BOLD : 1);
}

/** `text`, or as much of its beginning as fits into so many pixels, and an ellipsis. */
export function fitted(
  text: string,
  size: number,
  width: number,
  weight: "normal" | "bold" = "normal",
): string {
  if (textWidth(text, size, weight) <= width) return text;
  // A text may have millions of characters, and each takes more than a quarter of the font's size.
  const characters = [...text.slice(0, Math.max(0, Math.ceil(4 * width / size)))];
  const withDots = () => characters.join("").trimEnd() + "…";
  while (characters.length > 0 && textWidth(withDots(), size, weight) > width) characters.pop();
  return characters.length === 0 ? "" : withDots();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** `text` as XML has it in elements and attributes, without what XML 1.0 does not allow (section 2.2). */
export function escaped(text: string): string {
  return visible(text.toWellFormed()).replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
