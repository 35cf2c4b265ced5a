/**
 * The image format before Docker 1.10, in which each layer is an image of its own that has the one
 * below as its parent. nixpkgs' buildImage writes it beside the newer one.
 * @module
 */

import { createHash } from "node:crypto";
import type { Image } from "../image/image.ts";
import { formatJson, type OrderedJson, sortKeys } from "../image/json.ts";
import { type Layer, readLayerAhead } from "../layer/layer.ts";
import { Tarsum } from "./tarsum.ts";

/** What `VERSION` says, in the directory of each layer. */
export const VERSION = "1.0";

/** What is known of a layer when all of its bytes have been read. */
export interface LayerSums {
  /** `tarsum.v1+sha256:` and 64 hexadecimal digits. */
  readonly tarsum: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly diffId: string;
  /** In bytes. */
  readonly size: number;
}

/** Sums up a layer while it goes by. */
export class LayerSummer {
  readonly #tarsum = new Tarsum();
  readonly #hash = createHash("sha256");
  #size = 0;

  /** Reads the next part. */
  update(chunk: Uint8Array): void {
    this.#tarsum.update(chunk);
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  /** The sums of what was read. */
  finish(): LayerSums {
    const diffId = `sha256:${this.#hash.digest("hex")}`;
    return { tarsum: this.#tarsum.digest(), diffId, size: this.#size };
  }
}

/** A layer as an image of its own. */
export interface V1Layer {
  /** 64 hexadecimal digits, from all that is in it and below it. */
  readonly id: string;
  /** What `json` says, in the directory of the layer. */
  readonly json: string;
  /** See {@linkcode LayerSums.diffId}. */
  readonly diffId: string;
}

/**
 * Describes the layer at `index`: a pass over all of its bytes.
 *
 * @param parent the ID of the layer below; none for the lowest
 */
export async function v1Layer(
  image: Image,
  index: number,
  layer: Layer,
  parent: string | undefined,
): Promise<V1Layer> {
  const summer = new LayerSummer();
  await readLayerAhead(layer, (chunk) => summer.update(chunk));
  const { tarsum, diffId, size } = summer.finish();
  const described = new Map([
    ...baseJson(image, index === image.layers.length - 1),
    ["checksum", tarsum] as const,
    ...parent === undefined ? [] : [["parent", parent] as const],
  ]);
  const id = createHash("sha256").update(formatJson(described)).digest("hex");
  const json = formatJson(new Map([...described, ["id", id], ["Size", size]]));
  return { id, json, diffId };
}

/** What the `json` of a layer alone says, that belongs to no image yet. */
export function layerJson(image: Image, { tarsum }: LayerSums): string {
  return formatJson(new Map([...baseJson(image, true), ["checksum", tarsum]]));
}

/** A container starts from the uppermost layer; the config is there alone. */
function baseJson(
  { created, architecture, config }: Image,
  uppermost: boolean,
): Map<string, OrderedJson> {
  return new Map<string, OrderedJson>([
    ["created", created],
    ["architecture", architecture],
    ["os", "linux"],
    ...uppermost ? [["config", sortKeys(config)] as const] : [],
  ]);
}

/** The layer that the names of an image lead to in this format. */
export interface UppermostLayer {
  /** Such as `hello:1.0`. */
  readonly repoTags: readonly string[];
  /** See {@linkcode V1Layer.id}; undefined for an image without layers. */
  readonly id: string | undefined;
}

/** The file `repositories`. */
export function repositoriesJson(images: readonly UppermostLayer[]): string {
  const repositories = new Map<string, Map<string, string>>();
  for (const { repoTags, id } of images) {
    for (const repoTag of id === undefined ? [] : repoTags) {
      const colon = repoTag.lastIndexOf(":");
      const name = repoTag.slice(0, colon);
      const tags = repositories.get(name) ?? new Map<string, string>();
      repositories.set(name, tags.set(repoTag.slice(colon + 1), id ?? ""));
    }
  }
  return formatJson(repositories);
}
