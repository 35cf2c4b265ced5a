/**
 * The tar of a layer that holds store paths: its size before its bytes, and its bytes.
 * @module
 */

import { archiveEnd } from "../tar/header.ts";
import { memberSize, type TarHead, type TarMember, tarStream } from "../tar/stream.ts";
import type { TarFormat } from "../tar/tar_header.ts";
import { SpooledTar } from "./spooled_tar.ts";
import type { StoreMembers } from "./store_members.ts";

/** What such a tar is made of. */
export interface LayerTarParts {
  readonly format: TarFormat;
  /** What comes first. */
  readonly head?: () => TarHead;
  /** Members between that and the store paths. */
  readonly parents: () => TarMember[];
  readonly files: StoreMembers;
  /** A private directory for a tar whose size nothing tells; where there may be such. */
  readonly spool: (() => Promise<string>) | undefined;
}

/** See above. */
export class LayerTar {
  readonly #parts: LayerTarParts;
  #spooling: Promise<SpooledTar> | undefined;
  #spooled: SpooledTar | undefined;

  constructor(parts: LayerTarParts) {
    this.#parts = parts;
  }

  /**
   * Its size in bytes: from metadata, or else, once for the next reading, from all of its bytes.
   *
   * @throws {ImageError} if a file is missing or can not be examined.
   */
  async size(): Promise<number> {
    const { files, parents, head, format } = this.#parts;
    if (this.#spooled) return this.#spooled.size;
    const size = await files.size();
    if (size === undefined) return (await (this.#spooling ??= this.#spool())).size;
    const sizes = parents().map((parent) => memberSize(parent, format));
    return archiveEnd(sizes.reduce((sum, size) => sum + size, size + (head?.().size ?? 0)));
  }

  /** Its bytes: see {@linkcode tarStream}. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const spooled = this.#spooled;
    this.#spooled = undefined;
    return spooled?.open() ?? this.#stream();
  }

  /**
   * The same, ahead of {@linkcode open}: what comes from elsewhere is put aside for it, as it would be
   * fetched twice.
   */
  async openAhead(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    if (!this.#spooled && !this.#parts.files.areElsewhere) return this.#stream();
    const spooled = this.#spooled ?? await (this.#spooling ??= this.#spool());
    return spooled.openAhead();
  }

  #stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { files, parents, head, format } = this.#parts;
    return tarStream(files.read(parents()), format, head?.());
  }

  async #spool(): Promise<SpooledTar> {
    try {
      return this.#spooled = await SpooledTar.write(this.#stream(), await this.#parts.spool!());
    } finally {
      this.#spooling = undefined;
    }
  }
}
