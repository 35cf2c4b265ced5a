/**
 * `--graph FILE` of plan: the layers as a picture.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import { expectedUpdate } from "../layering/expected_update.ts";
import type { LayerPlan } from "../layering/layer_plan.ts";
import type { PictureFacts } from "../picture/blocks.ts";
import { closurePage } from "../picture/page.ts";
import { closurePicture } from "../picture/picture.ts";
import type { Closure } from "../store/closure.ts";

/** What is drawn: layers, lowest first, that together hold each path of the closure once. */
interface Graph extends PictureFacts {
  readonly closure: Closure;
  readonly layers: readonly LayerPlan[];
  /** Closures of earlier versions, oldest first. */
  readonly history?: readonly Closure[];
}

/**
 * Draws a graph to a file: a page if its name ends in `.html`, else a picture alone.
 *
 * @throws {ImageError} if the file can not be written.
 */
export async function writeGraph(file: string, graph: Graph): Promise<void> {
  const { closure, history, ...facts } = graph;
  const expected = expectedUpdate(closure, graph.layers, history).layers;
  const layers = graph.layers.map((layer, index) => ({ ...layer, share: expected[index]?.share }));
  const draw = file.endsWith(".html") ? closurePage : closurePicture;
  const bytes = new TextEncoder().encode(draw(closure, layers, facts));
  using output = new OutputFile(file);
  for (let at = 0; at < bytes.length;) at += await output.write(bytes.subarray(at));
  output.commit();
}

/** What there is to draw of a plan. */
export function graphOf({ repoTag, type, base, layers, top }: ImagePlan, closure: Closure): Graph {
  return {
    closure,
    layers,
    name: repoTag,
    base: base === null
      ? undefined
      : { name: base.name, sizes: base.layers.map(({ size }) => size) },
    // Links alone are too small to be seen.
    top: { size: "links" in top ? 0 : top.size, inLayer: type === "single" },
  };
}
