/**
 * Plans of a contender for the versions of an image, and what updates cost with them.
 * @module
 */

import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import type { Closure } from "../../src/store/closure.ts";
import type { Contender } from "./contenders.ts";
import { mean, summarise, type Summary } from "./summary.ts";
import { checkPlan, closureSize, type UpdateCost, updateCost } from "./update_cost.ts";
import type { SingleUpdates, Version } from "./versions.ts";

/** Plans, which are checked, and the time that they take. */
class Planner {
  readonly times: number[] = [];

  constructor(readonly contender: Contender, readonly limit: number) {}

  plan(
    version: Version,
    history: readonly Closure[],
    previous?: readonly PreviousLayer[],
  ): readonly PreviousLayer[] {
    const { contender, limit } = this;
    const start = performance.now();
    const layers = contender.plan({ ...version, limit, history, previous });
    this.times.push(performance.now() - start);
    checkPlan({ ...version, layers }, contender.unlimited ? Infinity : limit);
    return layers;
  }
}

/** What the updates of an image cost, each by itself after the first version. */
export function evaluateUpdates(
  contender: Contender,
  { first, updates }: SingleUpdates,
  limit: number,
): Summary {
  const planner = new Planner(contender, limit);
  const firstPlans = new Map<readonly Closure[], readonly PreviousLayer[]>();
  const costs = updates.map(({ after, history }) => {
    const before = firstPlans.get(history) ?? planner.plan(first, history.slice(0, -1));
    firstPlans.set(history, before);
    const layers = planner.plan(after, history, before);
    return updateCost({ ...first, layers: before }, { ...after, layers });
  });
  const [layers] = firstPlans.values();
  return {
    ...summarise(costs, closureSize(first.closure)),
    layers: layers?.length ?? 0,
    milliseconds: mean(planner.times),
  };
}

/** What the updates of an image cost whose versions follow one another. */
export function evaluateSeries(
  contender: Contender,
  versions: readonly Version[],
  limit: number,
): Summary {
  const planner = new Planner(contender, limit);
  const costs: UpdateCost[] = [], history: Closure[] = [];
  let before: { closure: Closure; layers: readonly PreviousLayer[] } | undefined;
  let count = 0;
  for (const version of versions) {
    const layers = planner.plan(version, history.slice(), before?.layers);
    const now = { closure: version.closure, layers };
    if (before) costs.push(updateCost(before, now));
    else count = layers.length;
    before = now;
    history.push(version.closure);
  }
  return {
    ...summarise(costs, versions[0] ? closureSize(versions[0].closure) : 0),
    layers: count,
    milliseconds: mean(planner.times),
  };
}
