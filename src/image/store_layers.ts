/**
 * Which store paths of a layered image share a layer: by pipeline, by group, by strategy.
 * @module
 */

import { UsageError } from "../errors.ts";
import { groupedLayers, type PathGroup, withGroups } from "../layering/groups.ts";
import type { LayerPlan } from "../layering/layer_plan.ts";
import { type LayeringOptions, planLayers } from "../layering/layering.ts";
import { pipelineLayers } from "../layering/pipeline/pipeline.ts";
import type { Step } from "../layering/pipeline/step.ts";
import type { ImageSpec, LayerGroup } from "../spec/image_spec.ts";
import { parsePathPattern } from "../spec/path_pattern.ts";
import type { Closure } from "../store/closure.ts";
import { namePart, type StorePath } from "../store/store_path.ts";
import type { LayerBudget } from "./layer_budget.ts";
import { givenPaths, removalWarnings } from "./pipeline_doubts.ts";

/** Options of {@linkcode storeLayers}. */
export interface StoreLayersOptions extends Omit<LayeringOptions, "limit"> {
  /** Has what is left for store paths. */
  readonly budget: LayerBudget;
  /** Told what looks like a mistake. */
  readonly warn: (message: string) => void;
}

/**
 * Groups the paths of a closure into layers, lowest first.
 *
 * @throws {UsageError} if there are more layers than there is room for, or the spec contradicts itself.
 */
export function storeLayers(
  spec: ImageSpec,
  closure: Closure,
  options: StoreLayersOptions,
): LayerPlan[] {
  const { budget } = options;
  if (closure.size === 0) return [];
  if (budget.left < 1) throw budget.tooFew("store paths need at least one");
  if (spec.layeringPipeline !== null) {
    return fromPipeline(spec, spec.layeringPipeline, closure, options);
  }
  return fromStrategy(spec, closure, options);
}

function fromPipeline(
  spec: ImageSpec,
  steps: readonly Step[],
  closure: Closure,
  { budget, warn }: StoreLayersOptions,
): LayerPlan[] {
  for (const { path, where } of givenPaths(steps)) {
    if (!closure.has(path)) warn(`${where}: the image has no ${path}`);
  }
  const layers = pipelineLayers(closure, steps);
  if (layers.length > budget.left) throw budget.tooMany(layers.length);
  const kept = new Set(layers.flatMap(({ paths }) => paths));
  if (kept.size < closure.size) removalWarnings(spec, closure, kept).forEach(warn);
  return layers;
}

function fromStrategy(
  spec: ImageSpec,
  closure: Closure,
  { budget, warn, ...options }: StoreLayersOptions,
): LayerPlan[] {
  const groups = pathGroups(spec.groups, closure, warn);
  if (groups.length === 0) return planLayers(closure, { ...options, limit: budget.left });
  const { layers, rest } = groupedLayers(closure, groups);
  const left = budget.forGroups(groups.length);
  if (rest.size > 0 && left.left < 1) throw left.tooFew("the other store paths need at least one");
  if (left.left < 0) throw left.tooFew();
  if (rest.size === 0) return withGroups(closure, [], layers);
  const planned = planLayers(rest, { ...options, limit: left.left });
  return withGroups(closure, planned, layers);
}

/** The groups that have paths in the closure. */
function pathGroups(
  groups: readonly LayerGroup[],
  closure: Closure,
  warn: (message: string) => void,
): PathGroup[] {
  const owners = new Map<StorePath, { readonly group: number; readonly name: string }>();
  return groups.flatMap(({ name, paths, closure: withNeeded }, group) => {
    const members = new Set<StorePath>();
    for (const [place, text] of paths.entries()) {
      const where = `groups[${group}].paths[${place}]`;
      const found = pathsFor(text, closure);
      if (found.length === 0) warn(`${where}: nothing in the image is ${text}`);
      for (const path of found) {
        const owner = owners.get(path) ?? { group, name };
        if (owner.group !== group) {
          throw new UsageError(
            `${where}: ${path} is in two groups, ${owner.name} (groups[${owner.group}]) and ${name}`,
          );
        }
        owners.set(path, owner);
        members.add(path);
      }
    }
    return members.size === 0 ? [] : [{ name, paths: [...members], closure: withNeeded }];
  });
}

/** The paths that a group's store path or pattern stands for. */
function pathsFor(text: string, closure: Closure): StorePath[] {
  if (text.startsWith("/")) {
    const path = text as StorePath;
    return closure.has(path) ? [path] : [];
  }
  const pattern = parsePathPattern(`/${text}`);
  return [...closure.keys()].filter((path) => pattern.matches(`/${namePart(path)}`));
}
