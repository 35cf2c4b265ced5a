/**
 * The layers of a plan, for people.
 * @module
 */

import type {
  DescribedLayer,
  DescribedUpdate,
  ExpectedUpdates,
  PlanDescription,
} from "../image/plan_description.ts";
import { namePart } from "../store/store_path.ts";
import { firstOf, formatBytes, formatCount, formatTable, printable } from "./format.ts";

type Row = readonly string[];

/** The layers and totals; what is expected of updates, and what one moves, where that was asked. */
export function planTable(plan: PlanDescription): string {
  const { expected, update } = plan;
  return [
    layersTable(plan) + totals(plan),
    ...expected ? [expectedTable(plan, expected)] : [],
    ...update ? [updateLines(update)] : [],
  ].join("\n");
}

function layersTable({ base, layers, type, topLayer, expected, update }: PlanDescription): string {
  const below = base?.layers ?? [];
  // Columns for what was asked about.
  const extra = [...expected ? ["CHANGES"] : [], ...update ? ["UPDATE"] : []];
  const blank = extra.map(() => "");
  const baseRows = below.map(({ size }, index) => [
    `${index + 1}`,
    formatBytes(size),
    "",
    ...blank,
    `layer ${index + 1} of ${base?.name}`,
    "base image",
  ]);
  const rows = layers.flatMap((layer, index) => {
    const { paths, size, reason, share, change } = layer;
    const cells = [
      ...share === undefined ? [] : [percent(share)],
      ...change === undefined ? [] : [change],
    ];
    const shown = expected ? "" : firstOf(paths.map(namePart), 3).join(" ");
    return [
      [
        `${below.length + index + 1}`,
        formatBytes(size),
        `${paths.length}`,
        ...cells,
        shown,
        reason,
      ],
      ...expected ? pathRows(layer, blank) : [],
    ];
  });
  const top = topLayer === undefined ? [] : [[
    `${below.length + (type === "single" ? 1 : layers.length + 1)}`,
    topLayer.size === undefined ? "" : formatBytes(topLayer.size),
    "",
    ...blank,
    topLayer.size === undefined
      ? `links to ${topLayer.contents.length} contents`
      : "all that is not in the store",
    "top layer",
  ]];
  return formatTable([
    ["LAYER", "SIZE", "PATHS", ...extra, "STORE PATHS", "WHY"],
    ...baseRows,
    ...rows,
    ...top,
  ], { align: ["right", "right", "right", ...expected ? ["right" as const] : []] });
}

/** All paths of a layer. */
function pathRows({ paths, sizes }: DescribedLayer, blank: Row): Row[] {
  return paths.map((path, index) => [
    "",
    formatBytes(sizes?.[index] ?? 0),
    "",
    ...blank,
    `  ${namePart(path)}`,
  ]);
}

function totals({ repoTag, type, base, layers, size, topLayer }: PlanDescription): string {
  const below = base?.layers ?? [];
  const own = type === "single" ? 1 : layers.length + (topLayer === undefined ? 0 : 1);
  const paths = layers.reduce((sum, layer) => sum + layer.paths.length, 0);
  const all = below.reduce((sum, layer) => sum + layer.size, size);
  const text = [
    formatCount(below.length + own, "layer"),
    formatCount(paths, "store path"),
    formatBytes(all),
  ].join(", ");
  return `${repoTag === undefined ? "" : `${repoTag}: `}${text}\n`;
}

function expectedTable(
  { layers, size, strategy, limit }: PlanDescription,
  { repull, chain, least, counts, strategies }: ExpectedUpdates,
): string {
  const cells = (count: string, repull: number, chain: number) => [
    count,
    formatBytes(Math.round(repull)),
    percent(size === 0 ? 0 : repull / size),
    formatBytes(Math.round(chain)),
    percent(size === 0 ? 0 : chain / size),
  ];
  const rows = [
    [
      strategy === undefined ? "this plan" : `this plan (${strategy})`,
      ...cells(`${layers.length}`, repull, chain),
    ],
    ...strategies.map((other) => [
      other.strategy,
      ...cells(`${other.layers}`, other.repull, other.chain),
    ]),
    ["all in one layer", ...cells("1", size, size)],
  ];
  const room = limit === undefined ? "" : `, with room for ${formatCount(limit, "layer")}`;
  return `Expected of an update in the mean${room}:\n` +
    formatTable([["", "LAYERS", "PULLED", "", "RELOADED", ""], ...rows], {
      align: ["left", "right", "right", "right", "right", "right"],
    }) +
    `No plan pulls less than ${formatBytes(Math.round(least))}.\n` +
    (counts === undefined
      ? ""
      : `Where this goes, what is ${counts === "chain" ? "RELOADED" : "PULLED"} counts.\n`);
}

function updateLines(update: DescribedUpdate): string {
  const { from, kept, changed, added, removed, repull, chain, least, total } = update;
  const of = (bytes: number) =>
    `${formatBytes(bytes)} of ${formatBytes(total)} (${percent(total === 0 ? 0 : bytes / total)})`;
  return `Update from ${printable(from)}: ` +
    `${formatCount(kept, "layer")} kept, ${changed} changed, ${added} added, ${removed} gone\n` +
    `To a registry: ${of(repull)}; ${formatBytes(least)} are new paths\n` +
    `To an overlay store: ${of(chain)}\n`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
