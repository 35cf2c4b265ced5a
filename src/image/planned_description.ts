/**
 * What there is to say about an image that is planned.
 * @module
 */

import { platformText } from "../base/choose_image.ts";
import type { LayerListing } from "../base/layer_listing.ts";
import { NarTree } from "../store/nar_tree.ts";
import type { StorePath } from "../store/store_path.ts";
import { LossyNameError, type TreeEntry, walkTree } from "../store/tree.ts";
import {
  describeHistory,
  describeLayer,
  historyOfLayers,
  type ImageDescription,
  type LayerDescription,
  totalSize,
} from "./description.ts";
import type { Image } from "./image.ts";
import type { ImagePlan } from "./image_plan.ts";

/** The directories of the store, which each layer of store paths has. */
const STORE_DIRECTORIES = 2;

/**
 * Describes the image that a plan is for, from metadata alone.
 *
 * @param image made from the plan
 * @param listings of the base image's layers
 * @throws {ImageError} if a store path can not be read.
 */
export async function describePlan(
  plan: ImagePlan,
  image: Image,
  listings: readonly LayerListing[],
): Promise<ImageDescription> {
  const below = plan.base?.layers.length ?? 0;
  const history = historyOfLayers(image.history, image.layers.length);
  const layers: LayerDescription[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const listing = listings[index];
    if (layer.diffId !== undefined && listing !== undefined) {
      const { diffId, blob } = layer;
      const described = describeLayer({ diffId, ...blob && { blob } }, listing, history[index]);
      layers.push({ ...described, reason: "base image" });
      continue;
    }
    const planned = plan.layers[index - below];
    layers.push({
      diffId: null,
      size: await layer.tarSize(),
      blob: null,
      ...await contentsOf(planned?.paths ?? [], plan),
      whiteouts: 0,
      ...describeHistory(history[index] ?? {}),
      reason: planned?.reason ?? "top layer",
    });
  }
  return {
    names: [plan.repoTag],
    id: null,
    manifestDigest: null,
    platform: platformText(image),
    created: plan.created === "now" ? null : image.created,
    size: totalSize(layers),
    config: image.config,
    annotations: image.annotations ?? {},
    layers,
  };
}

async function contentsOf(
  paths: readonly StorePath[],
  { type, storeRoot }: ImagePlan,
): Promise<Pick<LayerDescription, "files" | "storePaths" | "outsideStore">> {
  let files = STORE_DIRECTORIES;
  const storePaths = [];
  for (const path of paths) {
    const entries = await entriesOf(path, storeRoot);
    files += entries.length;
    storePaths.push({ path, size: totalSize(entries) });
  }
  const alone = type === "layered" && paths.length > 0;
  return { files: alone ? files : null, storePaths, outsideStore: alone ? 0 : null };
}

async function entriesOf(path: StorePath, root: string): Promise<readonly TreeEntry[]> {
  try {
    return [...walkTree(path, root)];
  } catch (error) {
    if (!(error instanceof LossyNameError)) throw error;
    return (await NarTree.list(path, root)).entries;
  }
}
