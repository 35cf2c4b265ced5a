/**
 * Parts of a byte stream as contents, one after the other.
 * @module
 */

import type { Content } from "../tar/stream.ts";

const BUFFER_SIZE = 1 << 20;

/** Reads a byte stream once, and gives parts of it. What lies between them is passed over. */
export class StreamRanges {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer: ArrayBuffer = new ArrayBuffer(BUFFER_SIZE);
  /** What was read and not given yet. */
  #chunk: Uint8Array = new Uint8Array(0);
  /** Where it starts. */
  #at = 0;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /**
   * The `size` bytes from `offset` on, which must not lie before what was read already.
   * Nothing waits where the bytes are in memory.
   */
  content(offset: number, size: number): Content | Promise<Content> {
    const end = offset + size;
    const content: Content = {
      read: (into) => {
        const room = into.subarray(0, end - this.#at);
        if (room.length === 0) return 0;
        if (this.#chunk.length > 0) return this.#take(room);
        return this.#readMore().then((more) => more ? this.#take(room) : 0);
      },
      close: () => {},
    };
    this.#passOver(offset);
    return this.#at === offset ? content : this.#skipTo(offset).then(() => content);
  }

  /** Reads on to the end of the stream. */
  async finish(): Promise<void> {
    while (await this.#readMore());
  }

  /** Reads no further. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  async #skipTo(offset: number): Promise<void> {
    // Where the stream ends before, the content is found to be shorter than it was.
    while (this.#at < offset && await this.#readMore()) this.#passOver(offset);
  }

  #passOver(offset: number): void {
    const length = Math.min(offset - this.#at, this.#chunk.length);
    this.#chunk = this.#chunk.subarray(length);
    this.#at += length;
  }

  #take(into: Uint8Array): number {
    const part = this.#chunk.subarray(0, into.length);
    into.set(part);
    this.#passOver(this.#at + part.length);
    return part.length;
  }

  /** Drops what was read, and reads more; false at the end. */
  async #readMore(): Promise<boolean> {
    this.#at += this.#chunk.length;
    const { value, done } = await this.#reader.read(new Uint8Array(this.#buffer));
    this.#chunk = value ?? new Uint8Array(0);
    if (value) this.#buffer = value.buffer;
    return !done;
  }
}
