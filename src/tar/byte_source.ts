/**
 * Bytes that are read one after the other: of a stream, or of a file in which one can skip.
 * @module
 */

/** Bytes in order. */
export interface ByteSource {
  /** Fills the front of `into`, by at least one byte unless it is empty; 0 at the end. */
  read(into: Uint8Array): number | Promise<number>;
  /** Passes over so many bytes; false if there are fewer. */
  skip(length: number): boolean | Promise<boolean>;
}

/** Reads until `into` is full or there is no more; the number of bytes. */
export async function readFully(source: ByteSource, into: Uint8Array): Promise<number> {
  let at = 0;
  while (at < into.length) {
    const length = await source.read(into.subarray(at));
    if (length === 0) break;
    at += length;
  }
  return at;
}

const BUFFER_SIZE = 1 << 20;

/** The bytes of a stream, whatever the size of its chunks. */
export class StreamBytes implements ByteSource {
  readonly #reader: ChunkReader;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = chunkReader(stream);
  }

  async read(into: Uint8Array): Promise<number> {
    const part = await this.#take(into.length);
    into.set(part);
    return part.length;
  }

  async skip(length: number): Promise<boolean> {
    while (length > 0) {
      const part = await this.#take(length);
      if (part.length === 0) return false;
      length -= part.length;
    }
    return true;
  }

  /** Reads no further. */
  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  /** At most `length` bytes; none at the end alone, unless `length` is 0. */
  async #take(length: number): Promise<Uint8Array> {
    while (length > 0 && this.#chunk.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return new Uint8Array(0);
      this.#chunk = value;
    }
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }
}

/** Reads a stream chunk by chunk. */
export type ChunkReader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** A byte stream's chunks are all in the same memory, so that each is gone with the next read. */
export function chunkReader(stream: ReadableStream<Uint8Array>): ChunkReader {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError) return stream.getReader();
    throw error;
  }
  let memory = new ArrayBuffer(BUFFER_SIZE);
  return {
    async read() {
      const result = await reader.read(new Uint8Array(memory));
      if (result.value) memory = result.value.buffer;
      return result as ReadableStreamReadResult<Uint8Array>;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** The bytes of an open file, from its start. Others may read from it too. */
export class FileBytes implements ByteSource {
  readonly #file: Deno.FsFile;
  readonly #size: number;
  #at = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
    this.#size = file.statSync().size;
  }

  read(into: Uint8Array): number {
    const length = readAt(this.#file, this.#at, into);
    this.#at += length;
    return length;
  }

  skip(length: number): boolean {
    this.#at += length;
    return this.#at <= this.#size;
  }
}

/** Reads from a place in a file; the number of bytes, 0 at the end. */
export function readAt(file: Deno.FsFile, at: number, into: Uint8Array): number {
  file.seekSync(at, Deno.SeekMode.Start);
  return file.readSync(into) ?? 0;
}
