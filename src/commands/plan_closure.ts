/**
 * The plan for a closure, without a spec and without a store.
 * @module
 */

import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import { describeLayers, type PlanDescription } from "../image/plan_description.ts";
import { plannedLayer } from "../image/planned_layer.ts";
import { planLayers } from "../layering/layering.ts";
import { LAYERING_STRATEGIES } from "../layering/strategies.ts";
import { DEFAULT_LAYERS, type LayerTarget, MOST_LAYERS, TARGETS } from "../layering/targets.ts";
import { impliedVariant, ociArchitecture } from "../spec/architecture.ts";
import { graphIn } from "../store/graph_file.ts";
import { checkOneStdin, nameOfInput, readJson } from "./json_input.ts";
import { checkStrategy, layeringWishes } from "./layering_wishes.ts";
import type { PlanCommandOptions } from "./plan_options.ts";
import { updatedVersion } from "./plan_against.ts";
import { reportTo } from "./report.ts";
import { storeFlagIn } from "./spec_or_image.ts";

/** What a spec is needed for. */
const OF_SPECS = [
  ["repoTag", "--repo-tag"],
  ["storeRoot", "--store-root"],
  ["strict", "--strict"],
  ["vmTimeout", "--vm-timeout"],
  ["kernel", "--kernel"],
  ["modules", "--modules"],
] as const;

/**
 * Plans the closure that options name.
 *
 * @throws {UsageError} if they are wrong.
 */
export async function planClosure(options: PlanCommandOptions): Promise<PlanDescription> {
  const { closure: file = "", previous, against, target } = options;
  const other = OF_SPECS.find(([name]) => options[name] !== undefined)?.[1] ?? storeFlagIn(options);
  if (other !== undefined) throw new UsageError(`${other} is for a spec, and there is none`);
  const limit = layerCount(options.layers, target);
  const strategy = checkStrategy(options.strategy) ?? LAYERING_STRATEGIES[0];
  checkOneStdin(
    { "--closure": file, "--previous": previous, "--against": against },
    options.history,
  );
  const closure = graphIn(await readJson(file), nameOfInput(file));
  using report = reportTo(options);
  const architecture = ociArchitecture(Deno.build.arch) ?? Deno.build.arch;
  const image = { os: "linux", architecture, variant: impliedVariant(Deno.build.arch) };
  const wished = await layeringWishes(options, { strategy, image, report });
  const { wishes } = wished;
  const history = wishes.history?.(closure) ?? [];
  const layering = { ...wishes, strategy, limit, history, ...target && { target } };
  const layers = planLayers(closure, layering).map((layer) => plannedLayer(layer, closure));
  const findings = describeLayers({ closure, layers, base: null }, {
    explain: options.explain ? layering : undefined,
    against: await updatedVersion(options, wished.previous, image, report.warn),
  });
  if (options.graph !== undefined) {
    const { writeGraph } = await import("./graph.ts");
    const name = basename(nameOfInput(file));
    await writeGraph(options.graph, { closure, layers, name, history });
  }
  return {
    strategy,
    limit,
    size: layers.reduce((sum, { size }) => sum + size, 0),
    ...findings,
  };
}

/** For how many layers of store paths there is room; another is for the top layer of an image. */
function layerCount(text: string | undefined, target: LayerTarget | undefined): number {
  const most = (target === undefined ? MOST_LAYERS : TARGETS[target].maxLayers) - 1;
  if (text === undefined) return Math.min(DEFAULT_LAYERS - 1, most);
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new UsageError(`--layers: expected a number from 1 on, found ${JSON.stringify(text)}`);
  }
  if (target === undefined || Number(text) <= most) return Number(text);
  throw new UsageError(
    `--layers: ${text} are more than the ${most} that the target ${target} takes beside the top layer`,
  );
}
