/**
 * The digests of what layers become, kept from run to run by what determines them: a layer that the
 * registry has need not be read to know that.
 *
 * What is kept here only says what to ask for. Bytes that are sent are hashed again.
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { identityOf, type Layer } from "../layer/layer.ts";
import type { LayerBlob } from "./layer_bytes.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const schema = z.strictObject({
  mediaType: z.string(),
  digest,
  size: z.int().positive(),
  diffId: digest,
  /** Of all that. */
  check: z.string(),
});

/** A directory of such digests, one file each. */
export class DigestCache {
  readonly #directory: string;
  readonly #codec: string;

  /**
   * @param directory made when it is needed; it does not matter if it can not be written to
   * @param codec what the bytes depend on besides the layer
   */
  constructor(directory: string, codec: string) {
    this.#directory = directory;
    this.#codec = codec;
  }

  /** What is known of a layer. What is damaged is not known. */
  async get(layer: Layer): Promise<LayerBlob | undefined> {
    const file = this.#fileOf(layer);
    if (file === undefined) return undefined;
    let document: unknown;
    try {
      document = JSON.parse(await Deno.readTextFile(file));
    } catch {
      return undefined; // not there, or cut off
    }
    const parsed = schema.safeParse(document);
    if (!parsed.success) return undefined;
    const { mediaType, digest, size, diffId, check } = parsed.data;
    const blob = { descriptor: { mediaType, digest, size }, diffId };
    return check === this.#checkOf(layer, blob) ? blob : undefined;
  }

  /** Keeps what a layer has become. */
  async set(layer: Layer, blob: LayerBlob): Promise<void> {
    const file = this.#fileOf(layer);
    if (file === undefined) return;
    const { descriptor, diffId } = blob;
    const text = JSON.stringify({ ...descriptor, diffId, check: this.#checkOf(layer, blob) });
    const temporary = `${file}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
      await Deno.rename(temporary, file);
    } catch {
      await Deno.remove(temporary).catch(() => {});
    }
  }

  /** Forgets what has turned out to be wrong. */
  async delete(layer: Layer): Promise<void> {
    const file = this.#fileOf(layer);
    if (file !== undefined) await Deno.remove(file).catch(() => {});
  }

  #fileOf(layer: Layer): string | undefined {
    const contents = layer.contentIdentity ?? layer.diffId;
    return contents && join(this.#directory, `${identityOf(contents, this.#codec)}.json`);
  }

  #checkOf(layer: Layer, { descriptor: { mediaType, digest, size }, diffId }: LayerBlob): string {
    return identityOf(this.#fileOf(layer) ?? "", mediaType, digest, size, diffId);
  }
}
