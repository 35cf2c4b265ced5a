/**
 * The map of the layers: blocks with areas in proportion to their sizes, and in them their paths.
 * @module
 */

import { formatBytes, formatCount } from "../terminal/format.ts";
import type { Block, Cell } from "./blocks.ts";
import { inRows, type Placed, type Rectangle, squarified } from "./rectangles.ts";
import { element, line, rectangle, tooltip } from "./svg.ts";
import { fitted, textWidth } from "./text.ts";

/** The fonts' sizes in pixels. */
const SMALLEST = 9;
const LARGEST = 16;
const BADGE = 10;

/** Between text and what is around it, in pixels. */
const SPACE = 5;

/** Fewer letters of a name say nothing. */
const FEWEST_LETTERS = 5;

/** Rectangles with a shorter side are too small for a frame. */
const SMALLEST_FRAMED = 4;

/** Draws blocks from below into `area`; `marked` ones have a number that stands out. */
export function map(
  blocks: readonly Block[],
  area: Rectangle,
  marked: ReadonlySet<Block>,
): string {
  return inRows(blocks, area).map(({ item: block, at }) => {
    const cells = squarified(block.cells, at);
    const badge = badgeOf(block, at);
    return element(
      "g",
      { class: `layer ${block.kind}`, "data-layer": block.number },
      [
        element(
          "g",
          { fill: block.colour?.fill },
          cells.map((cell) => cellOf(cell, block)).join("\n"),
        ),
        frame(at),
        element(
          "g",
          { fill: block.colour?.text },
          cells.map((cell) => labelOf(cell, badge?.at)).join(""),
        ),
        badge === undefined ? "" : drawn(badge, block, marked.has(block)),
      ].join("\n"),
    );
  }).join("\n");
}

/** The cells that have an area, in the order in which they are drawn. */
export function cellsInOrder(blocks: readonly Block[], area: Rectangle): Cell[] {
  return inRows(blocks, area)
    .flatMap(({ item, at }) => squarified(item.cells, at).map(({ item: cell }) => cell));
}

function cellOf({ item, at }: Placed<Cell>, block: Block): string {
  const small = Math.min(at.width, at.height) < SMALLEST_FRAMED;
  return rectangle(at, {
    class: `${item.path === undefined ? "other" : "path"}${small ? " small" : ""}`,
    fill: block.kind === "store" ? undefined : `url(#${block.kind})`,
  }, tooltip(describe(item, block)));
}

function describe({ name, size }: Cell, block: Block): string[] {
  const { number, share, reason } = block;
  const paths = block.cells.filter((cell) => cell.path !== undefined).length;
  const often = share === undefined ? "" : `; ${formatShare(share)} of the updates change it`;
  const of = paths === 0
    ? `Layer ${number}`
    : `Layer ${number}: ${formatCount(paths, "path")}, ${formatBytes(block.size)}${often}`;
  return [`${name}, ${formatBytes(size)}`, of, reason].filter((text) => text !== "");
}

/** A line around a layer, as thick as there is room for. */
function frame(at: Rectangle): string {
  return rectangle(at, {
    class: "frame",
    "stroke-width": Math.min(4, Math.min(at.width, at.height) / 3),
  });
}

interface Badge {
  readonly text: string;
  readonly at: Rectangle;
}

/** The layer's number, and how often it changes where there is room for it, at the top left. */
function badgeOf({ number, share }: Block, { x, y, width, height }: Rectangle): Badge | undefined {
  if (height < BADGE + 3 * SPACE) return undefined;
  const texts = [
    ...share === undefined ? [] : [`${number} · ${formatShare(share)}`],
    `${number}`,
  ];
  for (const text of texts) {
    const wide = textWidth(text, BADGE, "bold") + 2 * SPACE;
    if (wide > width - 2 * SPACE) continue;
    return { text, at: { x: x + SPACE, y: y + SPACE, width: wide, height: BADGE + SPACE } };
  }
  return undefined;
}

/** A number on a ground of its own, as there may be several paths below it. */
function drawn({ text, at }: Badge, { colour }: Block, marked: boolean): string {
  const ground = { class: marked ? "badge" : undefined, fill: colour?.fill, rx: 3 };
  return (colour === undefined ? "" : rectangle(at, ground)) +
    line(text, marked ? at.x + at.width / 2 : at.x, at.y + BADGE + 1, BADGE, {
      class: marked ? "number marked" : "number",
      fill: colour?.text,
      "text-anchor": marked ? "middle" : undefined,
    });
}

/** The name of a cell, with its size below it, as large as there is room for. */
function labelOf({ item, at }: Placed<Cell>, badge: Rectangle | undefined): string {
  const room = largest(roomsIn(at, badge));
  if (room === undefined || room.height < SMALLEST + 2) return "";
  const wanted = Math.min(room.height - 2, LARGEST, 5 + Math.sqrt(room.width * room.height) / 10);
  const scaled = wanted * Math.min(1, room.width / textWidth(item.name, wanted));
  const size = Math.floor(Math.max(scaled, SMALLEST));
  const name = fitted(item.name, size, room.width);
  if (name !== item.name && name.length <= FEWEST_LETTERS) return "";
  const bytes = formatBytes(item.size);
  const below = Math.max(SMALLEST, size - 2);
  const hasBelow = room.height >= size + below + 6 && textWidth(bytes, below) <= room.width;
  return line(name, room.x, room.y + size, size) +
    (hasBelow ? line(bytes, room.x, room.y + size + below + 4, below) : "");
}

/** Where a cell has room for text: all of it, or what is right of the badge or below it. */
function roomsIn(at: Rectangle, badge: Rectangle | undefined): Rectangle[] {
  const inner = within(at, at.x, at.y);
  if (badge === undefined || !overlap(at, badge)) return [inner];
  return [within(at, badge.x + badge.width, at.y), within(at, at.x, badge.y + badge.height - 2)];
}

/** What of `at` is right of `x` and below `y`, without the space at its edges. */
function within(at: Rectangle, x: number, y: number): Rectangle {
  return {
    x: x + SPACE,
    y: y + SPACE,
    width: at.x + at.width - x - 2 * SPACE,
    height: at.y + at.height - y - 2 * SPACE,
  };
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The one in which a name can be largest: width counts for more than height. */
function largest(rooms: readonly Rectangle[]): Rectangle | undefined {
  const worth = ({ width, height }: Rectangle) => width * Math.min(height, LARGEST + 2);
  return rooms.filter(({ width, height }) => width > 0 && height >= SMALLEST + 2)
    .sort((a, b) => worth(b) - worth(a))[0];
}

/** A share of the updates as people say it. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return "< 0.1 %";
  return `${percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} %`;
}
