/**
 * A closure and its layers as a picture (SVG 1.1), which needs nothing beside it.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { StorePath } from "../store/store_path.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import {
  type Block,
  blocksOf,
  mostExpensive,
  type PictureFacts,
  type PictureLayer,
} from "./blocks.ts";
import { stepColour, STEPS } from "./colours.ts";
import { expenses } from "./expenses.ts";
import { cellsInOrder, formatShare, map } from "./map.ts";
import type { Rectangle } from "./rectangles.ts";
import { element, line, rectangle, tooltip } from "./svg.ts";
import { fitted, textWidth } from "./text.ts";

/** In pixels. */
const WIDTH = 1260;
const HEIGHT = 940;
const MARGIN = 24;
const MAP: Rectangle = { x: 50, y: 88, width: 806, height: 766 };
const LIST: Rectangle = { x: 884, y: 88, width: WIDTH - MARGIN - 884, height: 766 };
const LEGEND = 884;

/** How many layers are listed. */
const LISTED = 10;

const STYLE = `
svg { font-family: "Helvetica Neue", Arial, "Liberation Sans", "DejaVu Sans", sans-serif; }
text, .frame { pointer-events: none; }
.ground, .hit { fill: #fff; }
.ink { fill: #1b1f24; }
.muted { fill: #57606a; }
.bold, .number { font-weight: bold; }
.path, .other { stroke: #fff; stroke-opacity: .75; }
.small { stroke: none; }
.frame { fill: none; stroke: #fff; }
.badge { fill: #111; }
.marked { fill: #fff; }
.bar { fill: #57606a; }
.swatch { stroke: #57606a; stroke-width: .5; }
.axis { stroke: #57606a; fill: none; }
.hatched { stroke: #b4bac1; }
.plain { fill: #dde1e6; }
.base, .top { fill: #1b1f24; }
@media (prefers-color-scheme: dark) {
  .ground, .hit { fill: #14171b; }
  .ink { fill: #e6e9ec; }
  .muted { fill: #a3abb4; }
  .path, .other, .frame { stroke: #14171b; }
  .bar { fill: #a3abb4; }
  .swatch, .axis { stroke: #a3abb4; }
}
`;

const PATTERNS = `
<pattern id="base" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="plain" d="M0 0H9V9H0Z"/><path class="hatched" d="M0 0V9"/></pattern>
<pattern id="top" width="9" height="9" patternUnits="userSpaceOnUse"><path class="plain" d="M0 0H9V9H0Z"/><path class="hatched" d="M3 4.5H6"/></pattern>
`;

/**
 * Draws the layers from the bottom up, as areas in proportion to their sizes, and names the most
 * expensive ones: those with the most bytes per update. The same arguments give the same bytes.
 */
export function closurePicture(
  closure: Closure,
  layers: readonly PictureLayer[],
  facts: PictureFacts,
): string {
  const blocks = blocksOf(closure, layers, facts);
  const listed = mostExpensive(blocks, LISTED);
  const content = [
    tooltip([`The layers of ${facts.name}`]),
    `<style>${STYLE}</style>`,
    `<defs>${PATTERNS}</defs>`,
    element("rect", { class: "ground", width: WIDTH, height: HEIGHT }),
    element(
      "g",
      { class: "ink" },
      [
        heading(blocks, facts),
        axis(),
        listed.length > 0 ? expenses(listed, LIST) : "",
        legend(blocks),
      ].join("\n"),
    ),
    map(blocks, MAP, new Set(listed)),
  ];
  return element("svg", {
    xmlns: "http://www.w3.org/2000/svg",
    width: WIDTH,
    height: HEIGHT,
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
  }, `\n${content.join("\n")}\n`) + "\n";
}

/** The store paths that have an area, in the order of their elements (class `path`) in the picture. */
export function pathsInPicture(
  closure: Closure,
  layers: readonly PictureLayer[],
  facts: PictureFacts,
): StorePath[] {
  return cellsInOrder(blocksOf(closure, layers, facts), MAP).flatMap(({ path }) => path ?? []);
}

function heading(blocks: readonly Block[], { name, base }: PictureFacts): string {
  const room = WIDTH - 2 * MARGIN;
  const size = blocks.reduce((sum, block) => sum + block.size, 0);
  const paths = blocks.reduce(
    (sum, { cells }) => sum + cells.filter(({ path }) => path !== undefined).length,
    0,
  );
  const count = blocks.at(-1)?.number ?? 0;
  const facts = [
    formatCount(count, "layer"),
    ...base === undefined ? [] : [`${base.sizes.length} of them from ${base.name}`],
    formatCount(paths, "store path"),
    formatBytes(size),
  ].join(", ");
  const known = blocks.filter(({ cost }) => cost !== undefined);
  const cost = known.reduce((sum, block) => sum + block.cost!, 0);
  const share = size === 0 ? "" : ` (${formatShare(cost / size)})`;
  const expected = `. An update is expected to move ${formatBytes(Math.round(cost))}${share}.`;
  return line(fitted(name, 22, room, "bold"), MARGIN, 40, 22, { class: "bold" }) +
    line(fitted(facts + (known.length > 0 ? expected : "."), 13, room), MARGIN, 64, 13);
}

/** Says which way the chain of layers goes. */
function axis(): string {
  const x = MARGIN + 9;
  const [top, bottom] = [MAP.y, MAP.y + MAP.height];
  const upwards = (text: string, y: number, anchor: string) =>
    element("text", {
      transform: `translate(${x - 4} ${y}) rotate(-90)`,
      "font-size": 11,
      "text-anchor": anchor,
      class: "muted",
    }, text);
  return element("path", {
    class: "axis",
    d: `M${x + 4} ${bottom}V${top + 1}m-4 7l4-7l4 7`,
  }) + upwards("lowest layer", bottom, "start") + upwards("highest layer", top + 2, "end");
}

function legend(blocks: readonly Block[]): string {
  const known = blocks.some(({ share }) => share !== undefined);
  const swatches: [string, string][] = [
    ...known
      ? STEPS.map((step, index): [string, string] => [
        stepColour(step).fill,
        index === STEPS.length - 1
          ? `more than ${formatShare(STEPS[index - 1]!.upTo)}`
          : `up to ${formatShare(step.upTo)}`,
      ])
      : [],
    ...blocks.some(({ kind, size }) => kind === "base" && size > 0)
      ? [["url(#base)", "base image"] as [string, string]]
      : [],
    ...blocks.some(({ kind, size }) => kind === "top" && size > 0)
      ? [["url(#top)", "top layer"] as [string, string]]
      : [],
  ];
  const darker = "The darker a layer, the more of the updates change it:";
  let x = MAP.x;
  const parts: string[] = [];
  if (known) {
    parts.push(line(darker, x, LEGEND, 12));
    x += textWidth(darker, 12) + 4;
  }
  for (const [fill, text] of swatches) {
    parts.push(rectangle({ x, y: LEGEND - 11, width: 20, height: 14 }, { fill, class: "swatch" }));
    parts.push(line(text, x + 26, LEGEND, 12));
    x += 26 + textWidth(text, 12) + 14;
  }
  const note = "Areas are sizes. Numbers count the layers from the lowest one, row by row" +
    (known ? "; the share is that of the updates which change the layer." : ".") +
    " Those on black are in the list.";
  return [...parts, line(note, MAP.x, LEGEND + 22, 12, { class: "muted" })].join("");
}
