/**
 * SVG elements as text.
 * @module
 */

import type { Rectangle } from "./rectangles.ts";
import { escaped } from "./text.ts";

/** The values of an element's attributes. */
type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; `content` is XML. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes).map(([key, value]) => {
    if (value === undefined) return "";
    return ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`;
  }).join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** A rectangle. Its edges are rounded, not its sides, so that neighbours have no gap between them. */
export function rectangle(
  { x, y, width, height }: Rectangle,
  attributes: Attributes,
  content = "",
): string {
  const [left, top] = [rounded(x), rounded(y)];
  return element("rect", {
    x: left,
    y: top,
    width: rounded(x + width) - left,
    height: rounded(y + height) - top,
    ...attributes,
  }, content);
}

/** A line of text that starts at `x`, with its baseline at `y`. */
export function line(
  text: string,
  x: number,
  y: number,
  size: number,
  attributes: Attributes = {},
): string {
  return text === ""
    ? ""
    : element("text", { x, y, "font-size": size, ...attributes }, escaped(text));
}

/** What a browser shows of an element that the pointer is on: lines of text. */
export function tooltip(lines: readonly string[]): string {
  return `<title>${lines.map(escaped).join("\n")}</title>`;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}
