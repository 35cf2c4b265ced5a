/**
 * The blobs that layers became in earlier runs, here or on other hosts: a layer that the registry
 * has need not be read to know that.
 *
 * What is kept here only says what to ask for. Bytes that are sent are hashed again.
 * @module
 */

import { DigestCache, type LayerDigest, type LayerForm } from "../layer/digest_cache.ts";
import type { Layer } from "../layer/layer.ts";
import type { LayerBlob, LayerCompressor } from "./layer_bytes.ts";

/** What a layer in a form is known by to all hosts. */
export interface SharedName {
  /** 64 hexadecimal digits. */
  readonly key: string;
  readonly form: LayerForm;
}

/**
 * Digests that several hosts share. None of it fails: what can not be had is not there, what can not
 * be written is not written.
 */
export interface SharedDigests {
  /** What others made of a layer, and whether it is signed: then it may be kept. */
  get(name: SharedName): Promise<LayerDigest & { readonly signed: boolean } | undefined>;
  /** Tells others what a layer has become, in the background. */
  put(name: SharedName, made: LayerDigest, mediaType: string): void;
  /** Does so if nobody has told them. */
  offer(name: SharedName, made: LayerDigest, mediaType: string): void;
  /** Takes note of a lie: the layer is not what was said, but what was made of it. */
  wrong(name: SharedName, said: LayerDigest, made: LayerDigest): void;
  /**
   * Has the registry take a blob over from where the others have put it.
   *
   * @returns whether it did; else the begin of an upload, if there is one
   */
  mount(digest: string): Promise<boolean | URL>;
}

/** A blob that a layer once became. */
export interface KnownBlob extends LayerBlob {
  /** Whether it was said by others: then it may be wrong. */
  readonly foreign?: LayerDigest & { readonly signed: boolean };
}

/** Options of {@linkcode KeptBlobs}. */
export interface KeptBlobsOptions {
  /** Of the {@linkcode DigestCache}. */
  readonly directory: string | undefined;
  readonly shared: SharedDigests | undefined;
}

/** See above. */
export class KeptBlobs {
  readonly #cache: DigestCache | undefined;
  readonly #shared: SharedDigests | undefined;
  readonly #compressor: Pick<LayerCompressor, "form" | "mediaType">;
  readonly #asked = new Map<string, Promise<KnownBlob | undefined>>();

  constructor(
    { directory, shared }: KeptBlobsOptions,
    compressor: Pick<LayerCompressor, "form" | "mediaType">,
  ) {
    if (directory !== undefined) this.#cache = new DigestCache(directory);
    this.#shared = shared;
    this.#compressor = compressor;
  }

  /** Begins to look for what is known of layers. */
  ask(layers: readonly Layer[]): void {
    for (const layer of layers) if (layer.blob === undefined) this.get(layer).catch(() => {});
  }

  /** What is known of a layer. */
  async get(layer: Layer): Promise<KnownBlob | undefined> {
    const name = this.#nameOf(layer);
    if (name === undefined) return undefined;
    let asked = this.#asked.get(name.key);
    if (asked === undefined) this.#asked.set(name.key, asked = this.#find(name, layer));
    return await asked;
  }

  async #find(name: SharedName, { diffId }: Layer): Promise<KnownBlob | undefined> {
    const own = this.#blobOf(await this.#cache?.get(name.key, name.form));
    if (own !== undefined) return own;
    const foreign = await this.#shared?.get(name);
    const blob = this.#blobOf(foreign);
    if (foreign === undefined || blob === undefined) return undefined;
    return (diffId ?? blob.diffId) === blob.diffId ? { ...blob, foreign } : undefined;
  }

  #blobOf(found: LayerDigest | undefined): LayerBlob | undefined {
    const { form, mediaType } = this.#compressor;
    const diffId = form === "tar" ? found?.digest : found?.diffId;
    if (found === undefined || diffId === undefined) return undefined;
    const { digest, size } = found;
    return { descriptor: { mediaType, digest, size }, diffId };
  }

  /**
   * Keeps what a layer has become, and its tar, which others ask for; and tells other hosts.
   *
   * @param known of it before
   * @param tarSize in bytes, if its bytes were made now
   */
  async put(
    layer: Layer,
    { descriptor: { mediaType, digest, size }, diffId }: LayerBlob,
    { known, tarSize }: {
      readonly known: KnownBlob | undefined;
      readonly tarSize: number | undefined;
    },
  ): Promise<void> {
    const name = this.#nameOf(layer);
    if (name === undefined) return;
    const found = { digest, size, ...name.form === "tar" ? {} : { diffId } };
    const said = known?.foreign;
    if (known !== undefined && said === undefined) {
      return this.#shared?.offer(name, found, mediaType);
    }
    const made = tarSize !== undefined;
    if (made || said?.signed) await this.#cache?.put(name.key, found, name.form);
    if (!made) return;
    if (name.form !== "tar") await this.#cache?.put(name.key, { digest: diffId, size: tarSize });
    if (
      said && known && (said.digest !== digest || said.size !== size || known.diffId !== diffId)
    ) {
      this.#shared?.wrong(name, said, found);
    }
    this.#shared?.put(name, found, mediaType);
  }

  /** Forgets what has turned out to be wrong. */
  async remove(layer: Layer): Promise<void> {
    const name = this.#nameOf(layer);
    if (name !== undefined) await this.#cache?.remove(name.key, name.form);
  }

  /** A layer whose digest is known beforehand is determined by that. */
  #nameOf({ contentKey, diffId }: Layer): SharedName | undefined {
    const key = contentKey ?? diffId?.slice("sha256:".length);
    return key === undefined ? undefined : { key, form: this.#compressor.form };
  }
}
