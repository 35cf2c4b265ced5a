/**
 * From a plan to an image.
 * @module
 */

import { PermissionRules } from "../layer/permissions.ts";
import { RootLayer } from "../layer/root_layer.ts";
import { StoreLayer } from "../layer/store_layer.ts";
import { topComment, TopLayer } from "../rootfs/top_layer.ts";
import { symlinkFarm } from "../rootfs/symlink_farm.ts";
import type { Layer } from "../layer/layer.ts";
import type { Image } from "./image.ts";
import type { ImagePlan } from "./image_plan.ts";

/** An image made from a plan. */
export interface PlannedImage {
  /** The image. */
  readonly image: Image;
  /** The time for the members of an archive of the image, in seconds since the epoch. */
  readonly mtime: number;
  /** What may surprise, such as something that was left out: one sentence each. */
  readonly notices: readonly string[];
  /** Paths of the root that two sources had, one sentence each. */
  readonly clashes: readonly string[];
}

/**
 * Makes the image that a plan describes. Reads directories, no file contents: its layers do when
 * they are opened.
 *
 * @param now stands for "now" in the plan
 * @throws {ImageError} if the contents can not be read.
 */
export async function imageOf(plan: ImagePlan, now: Date): Promise<PlannedImage> {
  const { architecture, os, variant, config, storeRoot, top } = plan;
  const mtime = plan.mtime === "now" ? Math.floor(now.getTime() / 1000) : plan.mtime;
  const owner = { uid: plan.uid, gid: plan.gid, uname: plan.uname, gname: plan.gname, mtime };
  const rules = new PermissionRules(plan.storePermissions);
  const created = isoTime(plan.created === "now" ? now : new Date(plan.created * 1000));
  const withLayers = (layers: readonly Layer[]): Image => {
    const history = layers.map(({ comment }) => ({ created, comment }));
    return { architecture, os, variant, created, config, layers, history };
  };
  const storeLayers = () =>
    plan.layers.map(({ paths }) => new StoreLayer(paths, owner, storeRoot, rules));
  if ("links" in top) {
    const sources = top.links.map((path) => ({ kind: "store", path } as const));
    const { tree, notices, clashes } = await symlinkFarm(sources, storeRoot, { uid: 0, gid: 0 });
    const layers = [...storeLayers(), new TopLayer(tree, top.links)];
    return { image: withLayers(layers), mtime, notices, clashes };
  }
  const single = plan.type === "single";
  const paths = single ? plan.layers.flatMap(({ paths }) => paths) : [];
  const comment = topComment(top.contents);
  const layer = new RootLayer(top, paths, { comment, storeRoot, rules });
  const layers = single ? [layer] : [...storeLayers(), layer];
  const { notices, clashes } = top;
  return { image: withLayers(layers), mtime, notices, clashes };
}

/** As Python's `datetime.isoformat` writes a time in UTC: fractions only where there are any. */
function isoTime(time: Date): string {
  const iso = time.toISOString();
  return iso.endsWith(".000Z") ? iso.replace(".000Z", "+00:00") : iso.replace("Z", "000+00:00");
}
