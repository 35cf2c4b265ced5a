/**
 * Decompressing archives and layers that others made.
 *
 * What follows compressed data is not taken for a part of it, and not passed over in silence: more
 * data in the same format belongs to it, zeros behind gzip's are padding, anything else is an error
 * (but for `bzip2`, which warns of it alone).
 * @module
 */

import { createGunzip, type Gunzip } from "node:zlib";
import { ImageError } from "../errors.ts";
import { filterThrough } from "../process/filter.ts";
import { missingProgram, ProgramError } from "../process/run.ts";
import type { Compression } from "./compression.ts";
import { Expansion } from "./expansion.ts";

/** How much comes out of gzip's decompressor at a time, in bytes. */
const CHUNK = 1 << 18;

/**
 * By programs: the zstd of node:zlib in Deno 2.9 takes data that were cut off, and knows one frame
 * alone. A decompressor takes the memory that its input asks for: most `xz -9` asks for is 65 MiB,
 * and zstd has a limit of its own.
 */
const OPTIONS: Readonly<Record<Exclude<Compression, "gzip">, readonly string[]>> = {
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
    ? gunzip(compressed, name)
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

async function* gunzip(
  compressed: AsyncGenerator<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const decompressor = createGunzip({ chunkSize: CHUNK });
  const feeding = feed(compressed, decompressor);
  try {
    for await (const chunk of decompressor as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      yield chunk;
      const { buffer, byteOffset, byteLength } = chunk;
      // Else there is more to come in the same memory.
      if (byteOffset + byteLength === buffer.byteLength) release(buffer);
    }
  } catch (error) {
    // The codec's errors have codes, such as Z_DATA_ERROR.
    if (error instanceof ImageError || !(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
  } finally {
    decompressor.destroy();
    await feeding;
  }
}

/** Gives all of it to the decompressor, which fails if that does. */
async function feed(compressed: AsyncGenerator<Uint8Array>, decompressor: Gunzip): Promise<void> {
  const ended = new Promise<void>((resolve) => decompressor.once("close", resolve));
  try {
    for await (const chunk of compressed) {
      await Promise.race([new Promise((taken) => decompressor.write(chunk, taken)), ended]);
      if (decompressor.destroyed) return;
      release(chunk.buffer as ArrayBuffer);
    }
    decompressor.end();
  } catch (error) {
    decompressor.destroy(error as Error);
  }
}

/** Frees memory at once: left to the garbage collector, a hundred megabytes of it pile up. */
function release(buffer: ArrayBuffer): void {
  buffer.transfer(0);
}

async function* decompressWith(
  program: keyof typeof OPTIONS,
  compressed: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const plain = filterThrough(ReadableStream.from(compressed), program, OPTIONS[program]);
  if (plain === undefined) throw missingProgram(program);
  for await (const chunk of plain) {
    yield chunk;
    release(chunk.buffer);
  }
}
