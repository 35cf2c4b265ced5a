/**
 * Decompressing NARs.
 * @module
 */

import { decompress } from "../tar/decompress.ts";
import type { Compression } from "../tar/compression.ts";

/** Stands in. */
export async function* decompressedNar(
  chunks: AsyncGenerator<Uint8Array>,
  compression: string,
  { most, name }: { readonly most: number; readonly name: string },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const plain = compression === "none"
    ? chunks
    : decompress(chunks, compression as Compression, most, name);
  for await (const chunk of plain) yield chunk as Uint8Array<ArrayBuffer>;
}
