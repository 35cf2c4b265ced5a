/**
 * What a plan is told of in detail.
 * @module
 */

import type { ImagePlan } from "../image/image_plan.ts";
import type { LayeringOptions } from "../layering/layering.ts";
import type { Closure } from "../store/closure.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import type { StoresInUse } from "./stores.ts";

/** What the image holds of the store, and who says so. */
export function closureLine(
  closure: Closure,
  { closure: file, storeRoot }: { readonly closure?: string; readonly storeRoot?: string },
  elsewhere: StoresInUse | undefined,
): string {
  const size = closure.values().reduce((sum, { narSize }) => sum + narSize, 0);
  const source = elsewhere
    ? describeStores(closure, elsewhere)
    : file === undefined
    ? `nix-store${storeRoot === undefined ? "" : `, the store in ${storeRoot}`}`
    : `--closure ${file}`;
  return `closure: ${formatCount(closure.size, "store path")}, ${
    formatBytes(size)
  }, from ${source}`;
}

/** How many paths come from which store. */
function describeStores(closure: Closure, { stores }: StoresInUse): string {
  const infos = stores.infos();
  const counts = Map.groupBy(closure.keys(), (path) => infos.get(path)?.store ?? "this host");
  return Array.from(counts, ([name, { length }]) => `${name} (${length})`).join(", ");
}

/** How many layers there are, and what decided on them. */
export function layersLine(
  { base, layers }: ImagePlan,
  layering: LayeringOptions | undefined,
): string {
  const how = layering === undefined
    ? ""
    : ` by the strategy ${layering.strategy}, of ${layering.limit} at most`;
  const below = base === null ? "" : `, on ${formatCount(base.layers.length, "layer")} of the base`;
  return `layers of store paths: ${layers.length}${how}${below}`;
}
