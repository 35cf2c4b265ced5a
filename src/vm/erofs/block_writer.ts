/**
 * Writing to a disk in blocks.
 * @module
 */

import type { Content } from "../../tar/stream.ts";
import type { DiskFile } from "../disks.ts";
import { BLOCK_SIZE } from "./node.ts";

/** So much is written at a time, in bytes. */
const BUFFER_SIZE = 1 << 20;

/** Writes contents one after another, each from the start of a block. */
export class BlockWriter {
  readonly #disk: DiskFile;
  readonly #buffer = new Uint8Array(BUFFER_SIZE);
  #used = 0;
  /** Blocks that the buffer comes after. */
  #written = 0;

  constructor(disk: DiskFile) {
    this.#disk = disk;
  }

  /** How many blocks there are. */
  get count(): number {
    return this.#written + this.#used / BLOCK_SIZE;
  }

  /** @returns the block that it begins in. */
  add(bytes: Uint8Array): number {
    const block = this.count;
    for (let rest = bytes; rest.length > 0;) {
      this.#makeRoom();
      const part = rest.subarray(0, BUFFER_SIZE - this.#used);
      this.#buffer.set(part, this.#used);
      this.#used += part.length;
      rest = rest.subarray(part.length);
    }
    this.#fillBlock();
    return block;
  }

  /** Copies `size` bytes, or fewer if there are not as many. */
  async copy(content: Content, size: number): Promise<{ block: number; size: number }> {
    const block = this.count;
    let left = size;
    while (left > 0) {
      this.#makeRoom();
      const room = Math.min(left, BUFFER_SIZE - this.#used);
      const reading = content.read(this.#buffer.subarray(this.#used, this.#used + room));
      const length = typeof reading === "number" ? reading : await reading;
      if (length === 0) break;
      this.#used += length;
      left -= length;
    }
    this.#fillBlock();
    return { block, size: size - left };
  }

  /** Writes what has not been written yet. */
  flush(): void {
    this.#disk.write(this.#buffer.subarray(0, this.#used));
    this.#written += this.#used / BLOCK_SIZE;
    this.#used = 0;
  }

  #makeRoom(): void {
    if (this.#used === BUFFER_SIZE) this.flush();
  }

  #fillBlock(): void {
    const end = Math.ceil(this.#used / BLOCK_SIZE) * BLOCK_SIZE;
    this.#buffer.fill(0, this.#used, end);
    this.#used = end;
  }
}
