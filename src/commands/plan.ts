/**
 * `nix-image plan [SPEC]`.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { PlanDescription } from "../image/plan_description.ts";
import { print } from "../terminal/output.ts";
import type { PlanCommandOptions } from "./plan_options.ts";

/** Prints the layers of an image, or of a closure alone. */
export async function planCommand(
  spec: string | undefined,
  options: PlanCommandOptions,
): Promise<void> {
  if (spec === undefined && options.closure === undefined) {
    throw new UsageError("Missing what to plan: a spec (a JSON file, or -), or a --closure alone");
  }
  // Either loads what it needs alone: a closure is planned in a tenth of a second.
  const plan: PlanDescription = spec === undefined
    ? await (await import("./plan_closure.ts")).planClosure(options)
    : await (await import("./plan_spec.ts")).planSpec(spec, options);
  if (options.json) {
    await print(JSON.stringify(plan, null, 2));
    return;
  }
  const { planTable } = await import("../terminal/plan_table.ts");
  await print(planTable(plan).replace(/\n$/, ""));
}
