/**
 * The blocks of a file system.
 * @module
 */

import { ImageFile } from "./image_file.ts";
import { readSuperblock, type Superblock } from "./superblock.ts";

/** How many blocks of metadata are kept. */
const MOST_KEPT = 512;

/** A file system that is open. */
export class FileSystem implements Disposable {
  readonly image: ImageFile;
  readonly superblock: Superblock;
  readonly #kept = new Map<number, DataView<ArrayBuffer>>();

  /** @throws {ImageError} if it can not be read. */
  constructor(path: string) {
    this.image = new ImageFile(path);
    try {
      this.superblock = readSuperblock(this.image);
    } catch (error) {
      this.image[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * A block of metadata, which is not to be changed.
   *
   * @throws {ImageError} if there is no such block.
   */
  block(number: number): DataView<ArrayBuffer> {
    let block = this.#kept.get(number);
    if (block === undefined) {
      const bytes = new Uint8Array(this.superblock.blockSize);
      this.readBlocks(number, 0, bytes);
      block = new DataView(bytes.buffer);
      if (this.#kept.size === MOST_KEPT) this.#kept.clear();
      this.#kept.set(number, block);
    }
    return block;
  }

  /**
   * Reads what is `offset` bytes behind the start of a block.
   *
   * @throws {ImageError} if there is no such block.
   */
  readBlocks(first: number, offset: number, into: Uint8Array): void {
    const { blockSize } = this.superblock;
    this.checkBlocks(first, Math.max(1, Math.ceil((offset + into.length) / blockSize)));
    this.image.fill(first * blockSize + offset, into);
  }

  /** @throws {ImageError} unless there are so many blocks that may be in use, from `first` on. */
  checkBlocks(first: number, count: number): void {
    const { firstBlock, blocks } = this.superblock;
    if (first <= firstBlock || first + count > blocks) {
      throw this.image.damaged(`it has no blocks ${first} to ${first + count - 1} for files`);
    }
  }

  /** Closes the image. */
  [Symbol.dispose](): void {
    this.image[Symbol.dispose]();
  }
}
