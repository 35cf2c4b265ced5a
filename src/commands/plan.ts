/**
 * `nix-image plan SPEC`.
 * @module
 */

import type { ImagePlan } from "../image/image_plan.ts";
import { namePart } from "../store/store_path.ts";
import { firstOf, formatBytes, formatCount, formatTable } from "../terminal/format.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";

/** Options of {@linkcode planCommand}. */
export interface PlanCommandOptions extends PlanningOptions {
  readonly json?: boolean | undefined;
  /** The file to draw the layers to. */
  readonly graph?: string;
  readonly quiet?: boolean;
}

/** Prints the layers of an image. */
export async function planCommand(spec: string, options: PlanCommandOptions): Promise<void> {
  const report = reportTo(options.quiet);
  await using planned = await planFromFile(spec, options, report);
  const { plan } = planned;
  if ("file" in plan.top) reportNotices(plan.top, options.strict, report);
  if (options.graph !== undefined) {
    const { graphOf, writeGraph } = await import("./graph.ts");
    await writeGraph(options.graph, graphOf(plan, planned.closure));
  }
  console.log(options.json ? JSON.stringify(describe(plan), null, 2) : tableOf(plan));
}

function describe({ repoTag, type, architecture, base, layers, top }: ImagePlan) {
  const contents = "links" in top ? top.links : top.contents;
  return {
    repoTag,
    type,
    architecture,
    size: totalSize(layers),
    ...base === null ? {} : { base },
    layers: layers.map(({ paths, size, reason }) => ({ paths, size, reason })),
    topLayer: "links" in top ? { contents } : { contents, size: top.size },
  };
}

function tableOf({ repoTag, type, base, layers, top }: ImagePlan): string {
  const baseRows = (base?.layers ?? []).map(({ size }, index) => [
    `${index + 1}`,
    formatBytes(size),
    "",
    `layer ${index + 1} of ${base?.name}`,
    "base image",
  ]);
  const below = baseRows.length;
  const rows = layers.map(({ paths, size, reason }, index) => {
    const shown = firstOf(paths.map(namePart), 3);
    return [`${below + index + 1}`, formatBytes(size), `${paths.length}`, shown.join(" "), reason];
  });
  const number = below + (type === "single" ? 1 : layers.length + 1);
  const topRow = "links" in top
    ? [`${number}`, "", "", `links to ${top.links.length} contents`, "top layer"]
    : [`${number}`, formatBytes(top.size), "", "all that is not in the store", "top layer"];
  const paths = layers.reduce((sum, layer) => sum + layer.paths.length, 0);
  const table = formatTable([
    ["LAYER", "SIZE", "PATHS", "STORE PATHS", "WHY"],
    ...baseRows,
    ...rows,
    topRow,
  ], {
    align: ["right", "right", "right"],
  });
  const size = formatBytes(totalSize(layers) + totalSize(base?.layers ?? []));
  return `${table}${repoTag}: ${formatCount(number, "layer")}, ${
    formatCount(paths, "store path")
  }, ${size}`;
}

function totalSize(layers: readonly { readonly size: number }[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}
