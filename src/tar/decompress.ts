/**
 * Decompressing archives and layers that others made.
 *
 * What follows compressed data is not taken for a part of it, and not passed over in silence: more
 * data in the same format belongs to it, zeros behind gzip's are padding, anything else is an error
 * (but for `bzip2`, which warns of it alone).
 * @module
 */

import { createGunzip } from "node:zlib";
import { ImageError } from "../errors.ts";
import { release } from "../memory.ts";
import { filterThrough } from "../process/filter.ts";
import { missingProgram, ProgramError } from "../process/run.ts";
import { CODEC_CHUNK, throughCodec } from "./codec.ts";
import type { Compression } from "./compression.ts";
import { Expansion } from "./expansion.ts";

/**
 * By programs: the zstd of node:zlib in Deno 2.9 takes data that were cut off, and knows one frame
 * alone. A decompressor takes the memory that its input asks for: most `xz -9` asks for is 65 MiB,
 * and zstd has a limit of its own.
 */
export const DECOMPRESSOR_OPTIONS: Readonly<
  Record<Exclude<Compression, "gzip">, readonly string[]>
> = {
  bzip2: ["--decompress", "--stdout", "--quiet"],
  xz: ["--decompress", "--stdout", "--quiet", "--memlimit-decompress=128MiB"],
  zstd: ["--decompress", "--stdout", "--quiet"],
};

/**
 * What `compressed` becomes; a chunk is there until the next one is asked for.
 *
 * @param compressed its chunks' memory is freed behind them
 * @param size of `compressed`, in bytes
 * @param name what to call it in an error
 * @throws {ImageError} if it is broken, becomes too large, or the program for it is not there.
 */
export async function* decompress(
  compressed: AsyncGenerator<Uint8Array>,
  compression: Compression,
  size: number,
  name: string,
): AsyncGenerator<Uint8Array, undefined> {
  const expansion = new Expansion(name, size);
  const plain = compression === "gzip"
    ? throughCodec(releasing(compressed), createGunzip({ chunkSize: CODEC_CHUNK }), name)
    : decompressWith(compression, compressed);
  try {
    for await (const chunk of plain) {
      expansion.add(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
  }
  return undefined;
}

/** The same chunks, whose memory is freed when they are done with. */
async function* releasing(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    release(chunk.buffer);
  }
}

async function* decompressWith(
  program: keyof typeof DECOMPRESSOR_OPTIONS,
  compressed: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const plain = filterThrough(
    ReadableStream.from(compressed),
    program,
    DECOMPRESSOR_OPTIONS[program],
  );
  if (plain === undefined) throw missingProgram(program);
  for await (const chunk of plain) {
    yield chunk;
    release(chunk.buffer);
  }
}
