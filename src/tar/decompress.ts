/**
 * Decompressing archives and layers that others made.
 *
 * What follows compressed data is not taken for a part of it, and not passed over in silence: more
 * data in the same format belongs to it, zeros behind gzip's are padding, anything else is an error
 * (but for `bzip2`, which warns of it alone).
 * @module
 */

import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
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
 * What `compressed` becomes.
 *
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
  const source = Readable.from(compressed);
  source.on("error", (error) => decompressor.destroy(error));
  try {
    for await (const chunk of source.pipe(decompressor)) yield chunk as Uint8Array;
  } catch (error) {
    // The codec's errors have codes, such as Z_DATA_ERROR.
    if (error instanceof ImageError || !(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
  } finally {
    source.destroy();
    decompressor.destroy();
  }
}

function decompressWith(
  program: keyof typeof OPTIONS,
  compressed: AsyncGenerator<Uint8Array>,
): ReadableStream<Uint8Array> {
  const plain = filterThrough(ReadableStream.from(compressed), program, OPTIONS[program]);
  if (plain === undefined) throw missingProgram(program);
  return plain;
}
