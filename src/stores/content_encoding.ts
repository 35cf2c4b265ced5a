/**
 * Small files that are stored compressed, such as the listings of caches in S3 (`ls-compression`).
 * @module
 */

import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib";
import { ImageError } from "../errors.ts";
import { quoted } from "../visible.ts";

type Decode = (bytes: Uint8Array, options: ZlibOptions) => Uint8Array;

const DECODERS = new Map<string, Decode>([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  ["br", brotliDecompressSync],
  ["deflate", inflateSync],
  ["identity", (bytes) => bytes],
]);

/**
 * What was sent so.
 *
 * @param encoding the value of `Content-Encoding` (RFC 9110, section 8.4)
 * @param most how many bytes it may become
 * @param from for errors
 * @throws {ImageError} if it is something else, or becomes longer.
 */
export function decoded(
  bytes: Uint8Array<ArrayBuffer>,
  encoding: string | undefined,
  most: number,
  from: string,
): Uint8Array<ArrayBuffer> {
  if (!encoding) return bytes;
  const decode = DECODERS.get(encoding.toLowerCase());
  if (decode === undefined) {
    throw new ImageError(`${from}: it is sent as ${quoted(encoding)}, which is not known here`);
  }
  try {
    return new Uint8Array(decode(bytes, { maxOutputLength: most }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImageError(`${from}: cannot decode ${encoding}: ${reason}`, { cause });
  }
}
