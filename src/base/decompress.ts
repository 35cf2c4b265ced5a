/**
 * Compressed layers as they are read.
 * @module
 */

import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ImageError } from "../errors.ts";
import { filterThrough } from "../process/filter.ts";
import { missingProgram } from "../process/run.ts";
import type { Compression } from "../tar/compression.ts";
import { Expansion } from "../tar/expansion.ts";

const CHUNK = 1 << 20;

/**
 * What `compressed` becomes.
 *
 * @param size of `compressed`, in bytes
 * @param name what to call it in an error
 */
export async function* decompress(
  compressed: AsyncGenerator<Uint8Array>,
  compression: Compression,
  size: number,
  name: string,
): AsyncGenerator<Uint8Array, undefined> {
  const expansion = new Expansion(name, size);
  const plain = compression === "gzip" || compression === "zstd"
    ? inProcess(compressed, compression, name)
    : byProgram(compressed, compression);
  for await (const chunk of plain) {
    expansion.add(chunk.length);
    yield chunk;
  }
  return undefined;
}

async function* inProcess(
  compressed: AsyncGenerator<Uint8Array>,
  compression: "gzip" | "zstd",
  name: string,
): AsyncGenerator<Uint8Array> {
  const decompressor = compression === "gzip"
    ? createGunzip({ chunkSize: CHUNK })
    : createZstdDecompress({ chunkSize: CHUNK });
  const source = Readable.from(compressed);
  source.on("error", (error) => decompressor.destroy(error));
  try {
    for await (const chunk of source.pipe(decompressor)) yield chunk as Uint8Array;
  } catch (error) {
    // The codecs' errors have codes, such as Z_DATA_ERROR.
    if (error instanceof ImageError || !(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
  } finally {
    source.destroy();
    decompressor.destroy();
  }
}

function byProgram(
  compressed: AsyncGenerator<Uint8Array>,
  program: "xz" | "bzip2",
): ReadableStream<Uint8Array> {
  const input = ReadableStream.from(compressed);
  const plain = filterThrough(input, program, ["--decompress", "--stdout", "--quiet"]);
  if (plain === undefined) throw missingProgram(program);
  return plain;
}
