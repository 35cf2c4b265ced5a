/**
 * Decompressing NARs.
 * @module
 */

import { decompress } from "../tar/decompress.ts";
import type { Compression } from "../tar/compression.ts";

/** Stands in. */
export function narCompression(name: string, _of: string): Compression | "none" {
  return name as Compression;
}

/** Stands in. */
export function decompressedNar(
  stream: ReadableStream<Uint8Array>,
  { compression, name, fileSize }: {
    readonly compression: Compression | "none";
    readonly name: string;
    readonly fileSize: number;
    readonly narSize: number;
  },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  async function* bounded() {
    let size = 0;
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > fileSize) throw new Error("longer than");
      yield chunk;
    }
  }
  const plain = compression === "none"
    ? bounded()
    : decompress(bounded(), compression, fileSize, name);
  return ReadableStream.from(plain) as ReadableStream<Uint8Array<ArrayBuffer>>;
}
