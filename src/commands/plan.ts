/**
 * `nix-image plan SPEC`.
 * @module
 */

import type { ImagePlan } from "../image/plan.ts";
import { namePart } from "../store/store_path.ts";
import { formatBytes, formatTable } from "../terminal/format.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";

/** Options of {@linkcode planCommand}. */
export interface PlanCommandOptions extends PlanningOptions {
  readonly json?: boolean | undefined;
}

/** Prints the layers of an image. */
export async function planCommand(spec: string, options: PlanCommandOptions): Promise<void> {
  const plan = await planFromFile(spec, options, (message) => console.error(message));
  console.log(options.json ? JSON.stringify(describe(plan), null, 2) : tableOf(plan));
}

function describe({ repoTag, architecture, layers, contents }: ImagePlan) {
  return {
    repoTag,
    architecture,
    size: totalSize(layers),
    layers: layers.map(({ paths, size, reason }) => ({ paths, size, reason })),
    topLayer: { contents },
  };
}

function tableOf({ repoTag, layers, contents }: ImagePlan): string {
  const rows = layers.map(({ paths, size, reason }, index) => {
    const names = paths.map(namePart);
    const shown = names.length > 3 ? [...names.slice(0, 3), `+${names.length - 3}`] : names;
    return [`${index + 1}`, formatBytes(size), `${paths.length}`, shown.join(" "), reason];
  });
  const top = [`${layers.length + 1}`, "", "", `links to ${contents.length} contents`, "top layer"];
  const paths = layers.reduce((sum, layer) => sum + layer.paths.length, 0);
  const table = formatTable([["LAYER", "SIZE", "PATHS", "STORE PATHS", "WHY"], ...rows, top], {
    align: ["right", "right", "right"],
  });
  const size = formatBytes(totalSize(layers));
  return `${table}${repoTag}: ${layers.length + 1} layers, ${paths} store paths, ${size}`;
}

function totalSize(layers: ImagePlan["layers"]): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}
