/**
 * The ways to plan layers that are compared.
 * @module
 */

import { closureGraph } from "../../src/layering/closure_graph.ts";
import { planLayers } from "../../src/layering/layering.ts";
import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import type { LayeringStrategy } from "../../src/layering/strategies.ts";
import type { Closure } from "../../src/store/closure.ts";
import { largestFirstLayers } from "./largest_first.ts";
import { nixeryLayers } from "./nixery.ts";
import type { Version } from "./versions.ts";

/** What a plan may be made from. */
export interface Known extends Version {
  readonly limit: number;
  /** The plan of the version before, by the same contender; undefined for the first version. */
  readonly previous: readonly PreviousLayer[] | undefined;
  /** The versions before. */
  readonly history: readonly Closure[];
}

/** A way to plan layers. */
export interface Contender {
  readonly name: string;
  /** Whether it may have as many layers as it likes. */
  readonly unlimited?: true;
  plan(known: Known): readonly PreviousLayer[];
}

function strategy(name: LayeringStrategy): Contender {
  return { name, plan: ({ closure, limit }) => planLayers(closure, { strategy: name, limit }) };
}

/** nixpkgs' present default, which all others are compared with. */
export const AUTO = strategy("auto");

/** Ours without any data. */
export const UPDATES = strategy("updates");

/** Ours with the plan of the version before. */
export const UPDATES_WITH_PREVIOUS: Contender = {
  name: "updates, previous",
  plan: ({ closure, limit, previous }) =>
    planLayers(closure, { strategy: "updates", limit, ...(previous ? { previous } : {}) }),
};

const UPDATES_WITH_HISTORY: Contender = {
  name: "updates, history",
  plan: ({ closure, limit, history }) =>
    planLayers(closure, { strategy: "updates", limit, history }),
};

const UPDATES_WITH_BOTH: Contender = {
  name: "updates, both",
  plan: ({ closure, limit, previous, history }) =>
    planLayers(closure, { strategy: "updates", limit, history, ...(previous ? { previous } : {}) }),
};

/** The bound from above. */
const ONE_LAYER: Contender = {
  name: "one fat layer",
  plan: ({ closure }) => [{ paths: closureGraph(closure).map(({ path }) => path) }],
};

/** The bound from below, for what is pulled. */
const LAYER_A_PATH: Contender = {
  name: "one layer a path",
  unlimited: true,
  plan: ({ closure }) => closureGraph(closure).map(({ path }) => ({ paths: [path] })),
};

/** All, from one bound to the other. */
export const CONTENDERS: readonly Contender[] = [
  ONE_LAYER,
  strategy("popularity"),
  {
    name: "Nixery's",
    plan: ({ closure, limit, popularity }) => nixeryLayers(closure, limit, popularity),
  },
  {
    name: "largest first",
    plan: ({ closure, limit }) => largestFirstLayers(closure, limit),
  },
  AUTO,
  UPDATES,
  UPDATES_WITH_HISTORY,
  UPDATES_WITH_PREVIOUS,
  UPDATES_WITH_BOTH,
  LAYER_A_PATH,
];
