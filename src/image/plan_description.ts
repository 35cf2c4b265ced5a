/**
 * What there is to say about a plan, as plain data: docs/plan.md has it for readers of the JSON.
 * @module
 */

import { type ExpectedUpdate, expectedUpdate } from "../layering/expected_update.ts";
import { type LayeringOptions, planLayers } from "../layering/layering.ts";
import { LAYERING_STRATEGIES, type LayeringStrategy } from "../layering/strategies.ts";
import { TARGETS, type UpdateCost } from "../layering/targets.ts";
import type { Closure } from "../store/closure.ts";
import type { StorePath } from "../store/store_path.ts";
import type { EarlierPlan } from "./earlier_plan.ts";
import type { ImagePlan, PlannedBase, PlannedLayer } from "./image_plan.ts";
import { type LayerChange, type PlanUpdate, planUpdate } from "./plan_update.ts";

/** A plan, of an image or of a closure alone. Sizes are in bytes, layers begin with the lowest. */
export interface PlanDescription {
  readonly repoTag?: string;
  readonly type?: ImagePlan["type"];
  readonly architecture?: string;
  /** What decided on the layers. */
  readonly strategy?: LayeringStrategy;
  /** For so many layers of store paths there was room. */
  readonly limit?: number;
  /** Of all layers of store paths. */
  readonly size: number;
  readonly base?: PlannedBase;
  readonly layers: readonly DescribedLayer[];
  /** What is not in the store: its size is known if it is more than links. */
  readonly topLayer?: { readonly contents: readonly string[]; readonly size?: number };
  readonly expected?: ExpectedUpdates;
  readonly update?: DescribedUpdate;
}

/** A layer of store paths. */
export interface DescribedLayer extends PlannedLayer {
  /** Of its paths, in their order. */
  readonly sizes?: readonly number[];
  /** The share of updates that are expected to change it, from 0 to 1. */
  readonly share?: number;
  /** What the update that is asked about does with it. */
  readonly change?: LayerChange;
}

/** What updates are expected to move, in the mean. */
export interface ExpectedUpdates extends Omit<ExpectedUpdate, "layers"> {
  /** Which of these costs something where the image goes, if that is known. */
  readonly counts?: UpdateCost;
  /** What they would move if others had decided, with the same room. */
  readonly strategies: readonly ExpectedOfStrategy[];
}

/** What another strategy leads to. */
export interface ExpectedOfStrategy extends Pick<ExpectedUpdate, "repull" | "chain"> {
  readonly strategy: LayeringStrategy;
  /** How many layers it makes. */
  readonly layers: number;
}

/** What one update moves; see {@linkcode PlanUpdate}. */
export interface DescribedUpdate extends Omit<PlanUpdate, "changes"> {
  readonly kept: number;
  readonly changed: number;
  readonly added: number;
}

/** What else is to be described. */
export interface DescriptionOptions {
  /** How its paths were grouped: adds what is expected of updates. */
  readonly explain?: LayeringOptions | undefined;
  /** The version that is updated. */
  readonly against?: EarlierPlan | undefined;
}

/** What is added to the description of a plan. */
export type PlanFindings = Pick<PlanDescription, "layers" | "expected" | "update">;

/** A closure with the layers that it became, and those below them. */
export interface PlannedClosure {
  readonly closure: Closure;
  readonly layers: readonly PlannedLayer[];
  readonly base: PlannedBase | null;
}

/** Describes the layers of a plan. */
export function describeLayers(
  { closure, layers, base }: PlannedClosure,
  { explain, against }: DescriptionOptions,
): PlanFindings {
  const sizeOf = (path: StorePath) => closure.get(path)?.narSize ?? 0;
  const below = base?.layers.map(({ diffId, size }) => ({ paths: [], diffId, size })) ?? [];
  const update = against && planUpdate([...below, ...layers], against, sizeOf);
  const own = explain && expectedUpdate(closure, layers, explain.history);
  return {
    layers: layers.map(({ paths, size, reason, narHashes }, index) => ({
      paths,
      size,
      reason,
      ...narHashes && { narHashes },
      ...own && { sizes: paths.map(sizeOf), share: own.layers[index]?.share ?? 0 },
      ...update && { change: update.changes[below.length + index]! },
    })),
    ...own && explain && { expected: expected(own, closure, explain) },
    ...update && { update: described(update) },
  };
}

function expected(
  { repull, chain, least }: ExpectedUpdate,
  closure: Closure,
  { limit, history = [], target }: LayeringOptions,
): ExpectedUpdates {
  const strategies = LAYERING_STRATEGIES.map((strategy): ExpectedOfStrategy => {
    const layers = planLayers(closure, { strategy, limit, history });
    const { repull, chain } = expectedUpdate(closure, layers, history);
    return { strategy, layers: layers.length, repull, chain };
  });
  return { repull, chain, least, ...target && { counts: TARGETS[target].counts }, strategies };
}

function described({ changes, ...update }: PlanUpdate): DescribedUpdate {
  const count = (kind: LayerChange) => changes.filter((change) => change === kind).length;
  const { from, removed, ...bytes } = update;
  return {
    from,
    kept: count("kept"),
    changed: count("changed"),
    added: count("added"),
    removed,
    ...bytes,
  };
}

/** Describes the plan of an image. */
export function describeImagePlan(
  { repoTag, type, architecture, base, layers, top }: ImagePlan,
  layering: LayeringOptions | undefined,
  findings: PlanFindings,
): PlanDescription {
  const contents = "links" in top ? top.links : top.contents;
  return {
    repoTag,
    type,
    architecture,
    ...layering && { strategy: layering.strategy, limit: layering.limit },
    size: layers.reduce((sum, { size }) => sum + size, 0),
    ...base === null ? {} : { base },
    ...findings,
    topLayer: "links" in top ? { contents } : { contents, size: top.size },
  };
}
