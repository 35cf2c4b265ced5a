/**
 * What was read of a stream ahead of being parsed: parsers look at it without waiting, and wait only
 * where it is not enough.
 * @module
 */

/** See above. */
export class FilledBuffer {
  #bytes: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end = 0;
  readonly #reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array>;
  /** What a stream without buffers of its readers has given, and there was no room for. */
  #rest: Uint8Array = new Uint8Array(0);

  /** @param size of the buffer in bytes: as much as a parser ever asks for at once */
  constructor(stream: ReadableStream<Uint8Array>, size: number) {
    this.#bytes = new Uint8Array(size);
    this.#reader = readerOf(stream);
  }

  /** The memory, which is another one after each {@linkcode fill}. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Where in it is what was not taken yet. */
  get start(): number {
    return this.#start;
  }

  /** Where that ends. */
  get end(): number {
    return this.#end;
  }

  /** So many bytes are taken, from what is there. */
  take(length: number): void {
    this.#start += length;
  }

  /** Waits for more bytes behind those that are there; false at the stream's end. */
  async fill(): Promise<boolean> {
    const kept = this.#end - this.#start;
    if (kept > 0) this.#bytes.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = kept;
    const length = await this.#read(this.#bytes.subarray(kept));
    this.#end += length;
    return length > 0;
  }

  /** Reads no further. */
  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  async #read(into: Uint8Array<ArrayBuffer>): Promise<number> {
    if (this.#reader instanceof ReadableStreamBYOBReader) {
      const { value } = await this.#reader.read(into);
      // The memory travels there and back.
      if (value) this.#bytes = new Uint8Array(value.buffer);
      return value?.length ?? 0;
    }
    while (this.#rest.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return 0;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }
}

function readerOf(
  stream: ReadableStream<Uint8Array>,
): ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array> {
  try {
    return stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError) return stream.getReader();
    throw error;
  }
}
