/**
 * Where the frames of zstd data end (RFC 8878, section 3), which the decompressor of node:zlib does
 * not tell: it knows one frame, and takes one that was cut off.
 * @module
 */

import { ImageError } from "../errors.ts";

const MAGIC = 0xfd2fb528;

/** The magic numbers of frames that hold nothing for a decompressor, without their last digit. */
const SKIPPABLE = 0x184d2a5;

/** The most bytes of a frame's header. */
const HEADER = 18;

/** Bytes of the sizes that a frame's header may have, by its flags. */
const DICTIONARY_ID = Uint8Array.of(0, 1, 2, 4);
const CONTENT_SIZE = Uint8Array.of(0, 2, 4, 8);

/** Of blocks. */
const RLE = 1, RESERVED = 3;

/** One frame, as its bytes come. */
export class ZstdFrame {
  /** The bytes that {@linkcode ZstdFrame.isSkippable} looks at. */
  static readonly MAGIC_SIZE = 4;

  readonly #name: string;
  /** What was seen of the header that it is in: of the frame, or of a block. */
  readonly #header = new Uint8Array(HEADER);
  #seen = 0;
  #needed = 4;
  /** What is left of the content behind a header. */
  #content = 0;
  #part: "magic" | "descriptor" | "header" | "skippable" | "block" | "last" | "checksum" = "magic";
  #hasChecksum = false;
  #isOver = false;

  /** Whether the frame that begins with these bytes holds nothing for a decompressor. */
  static isSkippable(bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, ZstdFrame.MAGIC_SIZE);
    return isSkippable(view.getUint32(0, true));
  }

  /** @param name of the data, for errors */
  constructor(name: string) {
    this.#name = name;
  }

  /** Whether all of it was there. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The next bytes.
   *
   * @returns how many of them belong to the frame
   * @throws {ImageError} if it is none.
   */
  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.#isOver) {
      if (this.#content > 0) {
        const length = Math.min(this.#content, bytes.length - at);
        this.#content -= length;
        at += length;
        if (this.#content === 0) this.#contentEnds();
        continue;
      }
      this.#header[this.#seen++] = bytes[at++]!;
      if (this.#seen === this.#needed) this.#headerEnds();
    }
    return at;
  }

  #headerEnds(): void {
    const view = new DataView(this.#header.buffer);
    switch (this.#part) {
      case "magic": {
        const magic = view.getUint32(0, true);
        if (isSkippable(magic)) {
          this.#part = "skippable";
          this.#needed = 8;
        } else if (magic === MAGIC) {
          this.#part = "descriptor";
          this.#needed = 5;
        } else throw this.#broken("there is something else than zstd in it");
        break;
      }
      case "skippable":
        this.#part = "last";
        this.#begin(view.getUint32(4, true));
        break;
      case "descriptor": {
        const flags = this.#header[4]!;
        this.#hasChecksum = (flags & 4) !== 0;
        const isSingle = (flags & 0x20) !== 0;
        const size = CONTENT_SIZE[flags >> 6]! || (isSingle ? 1 : 0);
        this.#needed += (isSingle ? 0 : 1) + DICTIONARY_ID[flags & 3]! + size;
        this.#part = "header";
        if (this.#seen === this.#needed) this.#nextBlock();
        break;
      }
      case "header":
        this.#nextBlock();
        break;
      case "block": {
        const block = view.getUint16(0, true) | this.#header[2]! << 16;
        const type = block >> 1 & 3;
        if (type === RESERVED) throw this.#broken("it has a block of an unknown kind");
        if (block & 1) this.#part = "last";
        this.#begin(type === RLE ? 1 : block >> 3);
        break;
      }
      case "checksum":
        this.#isOver = true;
    }
  }

  #begin(content: number): void {
    this.#content = content;
    if (content === 0) this.#contentEnds();
  }

  #contentEnds(): void {
    if (this.#part === "block") return this.#nextBlock();
    if (!this.#hasChecksum) {
      this.#isOver = true;
      return;
    }
    this.#part = "checksum";
    this.#seen = 0;
    this.#needed = 4;
  }

  #nextBlock(): void {
    this.#part = "block";
    this.#seen = 0;
    this.#needed = 3;
  }

  #broken(why: string): ImageError {
    return new ImageError(`Cannot decompress ${this.#name}: ${why}`);
  }
}

function isSkippable(magic: number): boolean {
  return magic >>> 4 === SKIPPABLE;
}
