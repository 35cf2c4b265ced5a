/**
 * NARs that come compressed, as binary caches have them.
 * @module
 */

import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { ImageError } from "../errors.ts";
import { filterThrough } from "../process/filter.ts";
import { missingProgram, ProgramError } from "../process/run.ts";
import { type ChunkReader, chunkReader } from "../tar/byte_source.ts";
import { type Codec, CODEC_CHUNK, throughCodec } from "../tar/codec.ts";
import { DECOMPRESSOR_OPTIONS } from "../tar/decompress.ts";
import { ZstdFrame } from "../tar/zstd_frames.ts";

/** The names that binary caches have for the ways of compression that are known here. */
const COMPRESSIONS = ["none", "zstd", "gzip", "xz", "bzip2", "br"] as const;

/** See above. */
export type NarCompression = typeof COMPRESSIONS[number];

/** What is known of a compressed NAR. */
export interface CompressedNar {
  /** What to call it in an error. */
  readonly name: string;
  readonly compression: NarCompression;
  /** In bytes, as it comes, where that is known. */
  readonly fileSize?: number | undefined;
  /** What it becomes, in bytes. */
  readonly narSize: number;
}

/** Each frame starts a decompressor anew: those that are worth it hold so much, but for a few. */
const WORTH_A_FRAME = 1 << 14, FREE_FRAMES = 200;
/** A decompressor has memory of its own: that of many is not free as soon as they are done. */
const LARGE_CHUNKS = 10, SMALL_CHUNK = 1 << 16;

/**
 * How a NAR is compressed by the name that a binary cache gives it; an empty one is bzip2, as in Nix.
 *
 * @param of what says so, for the error
 * @throws {ImageError} if it is not known here.
 */
export function narCompression(name: string, of: string): NarCompression {
  const found = COMPRESSIONS.find((known) => known === (name || "bzip2"));
  if (found) return found;
  const known = COMPRESSIONS.join(", ");
  throw new ImageError(`${of} has its NAR compressed with ${name}, which is none of ${known}`);
}

/**
 * The bytes of a NAR, as they come: a chunk is there until the next one is read.
 *
 * The stream fails with an {@linkcode ImageError} that says `name` if the compressed bytes are broken,
 * cut off, followed by something else, or more than `fileSize`, and as soon as they become more than
 * `narSize`, or at the end if they were fewer.
 */
export function decompressedNar(
  stream: ReadableStream<Uint8Array>,
  nar: CompressedNar,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const input = new Input(stream, nar);
  const plain = bounded(chunksOf(input, nar), nar);
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await plain.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      // First what may be waited for.
      await input.cancel(reason);
      await plain.return(undefined);
    },
  }, { highWaterMark: 0 });
}

type Chunks = AsyncGenerator<Uint8Array<ArrayBuffer>, undefined>;

/** The compressed bytes. */
class Input {
  readonly #reader: ChunkReader;
  readonly #nar: CompressedNar;
  #size = 0;
  #isOver = false;

  constructor(stream: ReadableStream<Uint8Array>, nar: CompressedNar) {
    this.#reader = chunkReader(stream);
    this.#nar = nar;
  }

  /** Each is there until the next one is asked for. */
  async *chunks(): AsyncGenerator<Uint8Array, undefined> {
    const { fileSize = Number.MAX_SAFE_INTEGER, name } = this.#nar;
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) break;
        this.#size += value.length;
        if (this.#size > fileSize) {
          throw new ImageError(`${name} has more than the ${fileSize} bytes that it should have`);
        }
        yield value;
      }
      this.#isOver = true;
    } finally {
      if (!this.#isOver) await this.cancel();
    }
    return undefined;
  }

  cancel(reason?: unknown): Promise<void> {
    // What failed can not be cancelled.
    return this.#reader.cancel(reason).catch(() => {});
  }
}

async function* bounded(chunks: Chunks, { name, narSize }: CompressedNar): Chunks {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > narSize) {
      throw new ImageError(`${name} expands to more than the ${narSize} bytes that it should`);
    }
    yield chunk;
  }
  // Brotli's decompressor takes what was cut off.
  if (size === narSize) return undefined;
  throw new ImageError(`${name} becomes ${size} bytes, not the ${narSize} that it should`);
}

function chunksOf(input: Input, nar: CompressedNar): Chunks {
  const chunkSize = CODEC_CHUNK;
  switch (nar.compression) {
    case "none":
      return input.chunks() as Chunks;
    case "gzip":
      return throughCodec(input.chunks(), zlib.createGunzip({ chunkSize }), nar.name);
    case "br":
      return throughBrotli(input.chunks(), zlib.createBrotliDecompress({ chunkSize }), nar.name);
    case "zstd":
      return hasZstd() ? throughZstd(input, nar) : throughProgram("zstd", input, nar);
    case "xz":
    case "bzip2":
      return throughProgram(nar.compression, input, nar);
  }
}

/** Brotli's decompressor leaves what follows. */
async function* throughBrotli(
  compressed: AsyncGenerator<Uint8Array>,
  codec: zlib.BrotliDecompress,
  name: string,
): Chunks {
  let given = 0;
  const counted = (async function* () {
    for await (const chunk of compressed) {
      given += chunk.length;
      yield chunk;
    }
  })();
  yield* throughCodec(counted, codec, name);
  if (codec.bytesWritten === given) return undefined;
  throw new ImageError(`Cannot decompress ${name}: there is something else than brotli in it`);
}

/** Deno has it from 2.7 on. */
function hasZstd(): boolean {
  try {
    zlib.createZstdDecompress().destroy();
    return true;
  } catch {
    return false;
  }
}

async function* throughZstd(input: Input, { name, narSize }: CompressedNar): Chunks {
  const frames = new Frames(input.chunks(), name);
  const mostFrames = FREE_FRAMES + Math.ceil(narSize / WORTH_A_FRAME);
  try {
    for (let count = 1; await frames.isMore(); count++) {
      if (count > mostFrames) {
        throw new ImageError(`Cannot decompress ${name}: it has more than ${mostFrames} frames`);
      }
      const codec: Codec = zlib.createZstdDecompress({
        chunkSize: count > LARGE_CHUNKS ? SMALL_CHUNK : CODEC_CHUNK,
      });
      yield* throughCodec(frames.next(), codec, name);
    }
    return undefined;
  } finally {
    await input.cancel();
  }
}

/** Zstd data, frame by frame. */
class Frames {
  readonly #chunks: AsyncGenerator<Uint8Array>;
  readonly #name: string;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncGenerator<Uint8Array>, name: string) {
    this.#chunks = chunks;
    this.#name = name;
  }

  /** Whether there is another frame with something in it. */
  async isMore(): Promise<boolean> {
    for (;;) {
      const isThere = await this.#fill(ZstdFrame.MAGIC_SIZE);
      if (!isThere || !ZstdFrame.isSkippable(this.#rest)) return this.#rest.length > 0;
      for await (const _ of this.next());
    }
  }

  /** Waits until so many bytes are there; false if there are fewer. */
  async #fill(least: number): Promise<boolean> {
    while (this.#rest.length < least) {
      // A chunk is there until the next one is asked for.
      this.#rest = new Uint8Array(this.#rest);
      const { value, done } = await this.#chunks.next();
      if (done) return false;
      this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    }
    return true;
  }

  /** The bytes of the next frame. */
  async *next(): AsyncGenerator<Uint8Array> {
    const frame = new ZstdFrame(this.#name);
    while (!frame.isOver) {
      if (!await this.#fill(1)) {
        throw new ImageError(`Cannot decompress ${this.#name}: it ends too early`);
      }
      const length = frame.take(this.#rest);
      const part = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield part;
    }
  }
}

async function* throughProgram(
  program: keyof typeof DECOMPRESSOR_OPTIONS,
  input: Input,
  { name }: CompressedNar,
): Chunks {
  const compressed = ReadableStream.from(input.chunks());
  const plain = filterThrough(compressed, program, DECOMPRESSOR_OPTIONS[program]);
  if (plain === undefined) {
    await input.cancel();
    throw missingProgram(program);
  }
  try {
    for await (const chunk of plain) yield chunk;
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
  }
  return undefined;
}
