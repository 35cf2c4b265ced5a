/**
 * The decompressors of node:zlib, as what they make of chunks.
 * @module
 */

import type { BrotliDecompress, Gunzip } from "node:zlib";
import { ImageError } from "../errors.ts";
import { release } from "../memory.ts";

/** How much comes out of a decompressor at a time, in bytes. */
export const CODEC_CHUNK = 1 << 18;

/** A decompressor. */
export type Codec = Gunzip | BrotliDecompress;

/**
 * What a decompressor makes of `compressed`; a chunk is there until the next one is asked for.
 *
 * @param compressed its chunks are done with when the next one is asked for
 * @param name what to call it in an error
 * @throws {ImageError} if it is broken.
 */
export async function* throughCodec(
  compressed: AsyncGenerator<Uint8Array>,
  codec: Codec,
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const input: Input = {};
  const feeding = feed(compressed, codec, input);
  try {
    for await (const chunk of codec as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      yield chunk;
      const { buffer, byteOffset, byteLength } = chunk;
      // Else there is more to come in the same memory.
      if (byteOffset + byteLength === buffer.byteLength) release(buffer);
    }
  } catch (error) {
    throw input.failure ?? brokenError(name, error);
  } finally {
    codec.destroy();
    await feeding;
  }
  return undefined;
}

/** What became of the input of a decompressor. */
interface Input {
  failure?: unknown;
}

/** Gives all of it to the decompressor, which fails if that does. */
async function feed(
  compressed: AsyncGenerator<Uint8Array>,
  codec: Codec,
  input: Input,
): Promise<void> {
  const ended = new Promise<void>((resolve) => codec.once("close", resolve));
  try {
    for await (const chunk of compressed) {
      await Promise.race([new Promise((taken) => codec.write(chunk, taken)), ended]);
      if (codec.destroyed) return;
    }
    codec.end();
  } catch (error) {
    input.failure = error;
    codec.destroy(error as Error);
  }
}

/** What such a decompressor says is wrong with what it gets. */
function brokenError(name: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return new ImageError(`Cannot decompress ${name}: ${error.message}`, { cause: error });
}
