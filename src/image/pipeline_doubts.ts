/**
 * What may not be meant in a layering pipeline.
 * @module
 */

import type { Step } from "../layering/pipeline/step.ts";
import type { ImageSpec } from "../spec/image_spec.ts";
import type { Closure } from "../store/closure.ts";
import { mentionsIn } from "../store/mentions.ts";
import { enclosingStorePath, type StorePath } from "../store/store_path.ts";

/** The paths that the steps name, each where it is first, with the step. */
export function givenPaths(
  steps: readonly Step[],
): { readonly path: StorePath; readonly where: string }[] {
  const places = new Map<StorePath, string>();
  const visit = (step: Step) => {
    if ("paths" in step) {
      for (const given of step.paths) {
        const path = typeof given === "string" ? given : given.path;
        if (!places.has(path)) places.set(path, `${step.where}: ${step.operation}`);
      }
    }
    if ("step" in step) visit(step.step);
    if ("steps" in step) step.steps.forEach(visit);
  };
  steps.forEach(visit);
  return [...places].map(([path, where]) => ({ path, where }));
}

/** A sentence for each path that was removed and that the image refers to. */
export function removalWarnings(
  spec: ImageSpec,
  closure: Closure,
  kept: ReadonlySet<StorePath>,
): string[] {
  const referrers = new Map<StorePath, string[]>();
  const refer = (path: StorePath | undefined, referrer: string) => {
    if (path === undefined || kept.has(path) || !closure.has(path)) return;
    referrers.set(path, [...referrers.get(path) ?? [], referrer]);
  };
  for (const { kind, path } of spec.contents) {
    if (kind === "store") refer(enclosingStorePath(path), "contents");
  }
  for (const { path, where } of mentionsIn(spec.config, "config")) refer(path, where);
  for (const path of kept) closure.get(path)?.references.forEach((used) => refer(used, path));
  const notices = [...referrers].map(([path, [first, ...others]]) =>
    `layeringPipeline: remove_paths leaves ${path} out of the image, and ${first}` +
    `${others.length > 0 ? ` (and ${others.length} more)` : ""} refers to it`
  );
  const removed = closure.size - kept.size;
  if (spec.includeNixDB) {
    notices.push(
      `layeringPipeline: the Nix database has ${removed} of the paths that remove_paths leaves out`,
    );
  }
  return notices;
}
