/**
 * From a plan to an image.
 * @module
 */

import type { BaseImage } from "../base/base_image.ts";
import { PermissionRules } from "../layer/permissions.ts";
import { RootLayer } from "../layer/root_layer.ts";
import { StoreLayer } from "../layer/store_layer.ts";
import { topComment, TopLayer } from "../rootfs/top_layer.ts";
import { symlinkFarm } from "../rootfs/symlink_farm.ts";
import type { Layer } from "../layer/layer.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import type { StoreFiles } from "../store/store_files.ts";
import type { Image } from "./image.ts";
import { historyOnBase } from "./base_history.ts";
import type { ImagePlan, PlannedBase } from "./image_plan.ts";
import { BaseLayer } from "./base_layer.ts";
import { isoTime } from "./iso_time.ts";

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
 * @param base the base image that the plan names, if it names one
 * @param files knows where the contents are that the plan's store may not have
 * @throws {ImageError} if the contents can not be read.
 */
export async function imageOf(
  plan: ImagePlan,
  now: Date,
  base?: BaseImage,
  files?: StoreFiles,
): Promise<PlannedImage> {
  const { architecture, os, variant, config, annotations, storeRoot, top } = plan;
  const mtime = plan.mtime === "now" ? Math.floor(now.getTime() / 1000) : plan.mtime;
  const owner = { uid: plan.uid, gid: plan.gid, uname: plan.uname, gname: plan.gname, mtime };
  const rules = new PermissionRules(plan.storePermissions);
  const created = isoTime(plan.created === "now" ? now : new Date(plan.created * 1000));
  const withLayers = (own: readonly Layer[]): Image => {
    const ownHistory = own.map(({ comment }) => ({ created, comment }));
    const described = { architecture, os, variant, created, config, annotations };
    if (plan.base === null) return { ...described, layers: own, history: ownHistory };
    const { layers, history } = onBase(plan.base, base);
    return { ...described, layers: [...layers, ...own], history: history(ownHistory) };
  };
  const storeLayers = () =>
    plan.layers.map(({ paths, narHashes }) =>
      new StoreLayer(paths, owner, storeRoot, rules, narHashes)
    );
  if ("links" in top) {
    const sources = top.links.map((path) => ({ kind: "store", path } as const));
    const store = files ?? storeRoot;
    const { tree, notices, clashes } = await symlinkFarm(sources, store, { uid: 0, gid: 0 });
    const layers = [...storeLayers(), new TopLayer(tree, top.links)];
    return { image: withLayers(layers), mtime, notices, clashes };
  }
  const single = plan.type === "single";
  const paths = single ? plan.layers.flatMap(({ paths }) => paths) : [];
  const comment = topComment(top.contents);
  const narHashes = paths.length === 0 ? [] : plan.layers[0]?.narHashes;
  const layer = new RootLayer(top, paths, { comment, storeRoot, rules, narHashes });
  const layers = single ? [layer] : [...storeLayers(), layer];
  const { notices, clashes } = top;
  return { image: withLayers(layers), mtime, notices, clashes };
}

/** The layers of a base image, and what its history becomes. */
function onBase(planned: PlannedBase, base: BaseImage | undefined): {
  layers: Layer[];
  history: (own: readonly JsonObject[]) => JsonObject[];
} {
  if (base?.image.configDigest !== planned.configDigest) {
    throw new TypeError("imageOf() needs the base image that was planned with");
  }
  const { image: { layers, history, created } } = base;
  const { name } = planned;
  return {
    layers: layers.map((layer, index) => new BaseLayer(layer, planned.layers[index]?.size ?? 0)),
    history: (own) => historyOnBase({ history, layerCount: layers.length, created, name }, own),
  };
}
