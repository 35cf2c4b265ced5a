/**
 * The plan for a spec.
 * @module
 */

import { UsageError } from "../errors.ts";
import {
  describeImagePlan,
  describeLayers,
  type PlanDescription,
} from "../image/plan_description.ts";
import { checkOneStdin } from "./json_input.ts";
import type { PlanCommandOptions } from "./plan_options.ts";
import { updatedVersion } from "./plan_against.ts";
import { planFromFile } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";

/**
 * Plans the image of a spec.
 *
 * @throws {UsageError} if options are wrong.
 */
export async function planSpec(
  file: string,
  options: PlanCommandOptions,
): Promise<PlanDescription> {
  if (options.layers !== undefined) {
    throw new UsageError("--layers is for a --closure alone; a spec says it in maxLayers");
  }
  const { closure, previous, against, history } = options;
  checkOneStdin({
    "the spec": file,
    "--closure": closure,
    "--previous": previous,
    "--against": against,
  }, history);
  using report = reportTo(options);
  await using planned = await planFromFile(file, options, report);
  const { plan, closure: paths, layering } = planned;
  if (options.explain && layering === undefined) {
    throw new UsageError("--explain is for layers of store paths, and the image has none");
  }
  if ("file" in plan.top) reportNotices(plan.top, options.strict, report);
  const image = { name: plan.repoTag.slice(0, plan.repoTag.lastIndexOf(":")), ...plan };
  const findings = describeLayers({ ...plan, closure: paths }, {
    explain: options.explain ? layering : undefined,
    against: await updatedVersion(options, planned.previous, image, report.warn),
  });
  if (options.graph !== undefined) {
    const { graphOf, writeGraph } = await import("./graph.ts");
    await writeGraph(options.graph, { ...graphOf(plan, paths), history: layering?.history ?? [] });
  }
  return describeImagePlan(plan, layering, findings);
}
