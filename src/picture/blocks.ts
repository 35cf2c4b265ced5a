/**
 * What a picture of an image's layers shows, in numbers: blocks of cells.
 * @module
 */

import type { LayerPlan } from "../layering/layer_plan.ts";
import type { Closure } from "../store/closure.ts";
import { namePart, type StorePath } from "../store/store_path.ts";
import { type Colour, layerColour } from "./colours.ts";

/** A layer of store paths. */
export interface PictureLayer extends LayerPlan {
  /** How many of the updates are expected to change it, from 0 to 1; missing if that is not known. */
  readonly share?: number | undefined;
}

/** What a picture tells besides store paths. Sizes are in bytes. */
export interface PictureFacts {
  /** What to call the image. */
  readonly name: string;
  /** The image that it is made on. */
  readonly base?: { readonly name: string; readonly sizes: readonly number[] } | undefined;
  /** What is outside of the store, in a layer of its own, or in that of all paths. */
  readonly top?: { readonly size: number; readonly inLayer: boolean } | undefined;
}

/** A layer: of store paths, of the base image, or what is outside of the store. */
export interface Block {
  /** Its place from below, from 1. */
  readonly number: number;
  readonly kind: "base" | "store" | "top";
  readonly size: number;
  /** See {@linkcode PictureLayer}. */
  readonly share: number | undefined;
  /** The expected bytes per update; undefined if they are not known. */
  readonly cost: number | undefined;
  readonly reason: string;
  readonly cells: readonly Cell[];
  /** Undefined for what is not of the store. */
  readonly colour: Colour | undefined;
}

/** What has an area of its own: a store path, or a layer without any. */
export interface Cell {
  readonly name: string;
  readonly path?: StorePath;
  readonly size: number;
}

/** The layers from below. */
export function blocksOf(
  closure: Closure,
  layers: readonly PictureLayer[],
  { base, top }: PictureFacts,
): Block[] {
  const outside = {
    share: undefined,
    cost: undefined,
    colour: undefined,
  };
  const below = base?.sizes ?? [];
  const blocks: Block[] = below.map((size, index) => ({
    ...outside,
    number: index + 1,
    kind: "base",
    size,
    reason: `layer ${index + 1} of ${base!.name}`,
    cells: [{ name: "base image", size }],
  }));
  for (const [index, { paths, reason, share }] of layers.entries()) {
    const cells: Cell[] = paths.map((path) => ({
      name: namePart(path),
      path,
      size: closure.get(path)?.narSize ?? 0,
    }));
    if (top?.inLayer) cells.push({ name: "outside of the store", size: top.size });
    const size = cells.reduce((sum, cell) => sum + cell.size, 0);
    blocks.push({
      number: below.length + index + 1,
      kind: "store",
      size,
      share,
      cost: share === undefined ? undefined : share * size,
      reason,
      cells,
      colour: layerColour(index, share),
    });
  }
  if (top !== undefined && !(top.inLayer && layers.length > 0)) {
    blocks.push({
      ...outside,
      number: blocks.length + 1,
      kind: "top",
      size: top.size,
      reason: "all that is not in the store",
      cells: [{ name: "top layer", size: top.size }],
    });
  }
  return blocks;
}

/** The most expensive layers of store paths, or the largest ones where expenses are not known. */
export function mostExpensive(blocks: readonly Block[], count: number): Block[] {
  return blocks.filter(({ kind, size }) => kind === "store" && size > 0)
    .sort((a, b) => (b.cost ?? 0) - (a.cost ?? 0) || b.size - a.size)
    .slice(0, count);
}
