/**
 * The list of the layers that updates spend the most bytes on.
 * @module
 */

import { firstOf, formatBytes } from "../terminal/format.ts";
import type { Block } from "./blocks.ts";
import { formatShare } from "./map.ts";
import type { Rectangle } from "./rectangles.ts";
import { element, line, rectangle, tooltip } from "./svg.ts";
import { fitted, textWidth } from "./text.ts";

/** In pixels. */
const HEADING = 48;
const ROW = 70;
const SWATCH = { width: 36, height: 24 };
const TEXT = 46;

/** The most names of a layer that are looked at for the list. */
const MOST_NAMES = 5;

/** Draws a list of layers, the first one first. */
export function expenses(blocks: readonly Block[], { x, y, width }: Rectangle): string {
  const known = blocks.some(({ cost }) => cost !== undefined);
  const most = Math.max(...blocks.map((block) => weight(block)));
  const kind = known ? "most expensive" : "largest";
  const title = blocks.length === 1 ? "The only layer" : `The ${blocks.length} ${kind} layers`;
  const heading = line(title, x, y + 14, 15, { class: "bold" }) +
    line(
      known ? "size × share of the updates that change it" : "by size",
      x,
      y + 31,
      11,
      { class: "muted" },
    );
  const rows = blocks.map((block, index) =>
    row(block, { x, width }, y + HEADING + index * ROW, most)
  );
  return [heading, ...rows].join("\n");
}

function weight({ cost, size }: Block): number {
  return cost ?? size;
}

function row(
  block: Block,
  { x, width }: Pick<Rectangle, "x" | "width">,
  y: number,
  most: number,
): string {
  const { number, size, share, cost, reason, cells, colour } = block;
  const swatch = { x, y, ...SWATCH };
  const shown = `${number}`;
  const sum = cost === undefined ? formatBytes(size) : `${formatBytes(Math.round(cost))} an update`;
  const product = share === undefined ? "" : `${formatBytes(size)} × ${formatShare(share)}`;
  const names = [...cells].sort((a, b) => b.size - a.size).map(({ name }) => name);
  const room = width - TEXT;
  const bar = Math.max(2, room * weight(block) / most);
  const text = (content: string, below: number, fontSize: number, kind: string) =>
    line(fitted(content, fontSize, room), x + TEXT, y + below, fontSize, { class: kind });
  return element(
    "g",
    { class: "row", "data-layer": number },
    [
      tooltip([`Layer ${number}: ${reason}`, ...firstOf(names, 20)]),
      rectangle({ x, y: y - 4, width, height: ROW - 4 }, { class: "hit" }),
      rectangle(swatch, { fill: colour?.fill, class: "swatch", rx: 3 }),
      line(shown, x + SWATCH.width / 2, y + 17, 13, {
        "text-anchor": "middle",
        class: "bold",
        fill: colour?.text,
      }),
      line(sum, x + TEXT, y + 11, 13, { class: "bold" }),
      line(product, x + width, y + 11, 11, { class: "muted", "text-anchor": "end" }),
      rectangle({ x: x + TEXT, y: y + 17, width: bar, height: 5 }, { class: "bar" }),
      text(listed(names, room), 37, 11, ""),
      text(reason, 52, 10, "muted"),
    ].join(""),
  );
}

/** As many names as fit, and how many more there are. */
function listed(names: readonly string[], width: number): string {
  for (let count = Math.min(names.length, MOST_NAMES); count > 1; count--) {
    const text = firstOf(names, count).join(", ");
    if (textWidth(text, 11) <= width) return text;
  }
  const more = names.length > 1 ? `, +${names.length - 1}` : "";
  return fitted(names[0] ?? "", 11, width - textWidth(more, 11)) + more;
}
