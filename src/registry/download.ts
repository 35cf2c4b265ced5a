/**
 * Blobs from a registry.
 * @module
 */

import { HttpError } from "../http/http_error.ts";
import type { RegistryRequest, Transport } from "./transport.ts";

/**
 * A blob as it comes. What is cut off is asked for from there on (RFC 9110, `Range`), as long as
 * something comes each time.
 *
 * @throws {HttpError} if it can not be got.
 */
export async function* blobChunks(
  transport: Transport,
  blob: Pick<RegistryRequest, "target" | "scope">,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for (;;) {
    const before = done;
    const response = await transport.request({
      ...blob,
      method: "GET",
      headers: done === 0 ? {} : { range: `bytes=${done}-` },
      expected: done === 0 ? [200] : [200, 206],
    });
    // Without ranges it begins anew.
    let skip = response.status === 200 ? done : 0;
    try {
      for await (const chunk of response.chunks()) {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        done += rest.length;
        if (rest.length > 0) yield rest;
      }
      return;
    } catch (error) {
      if (!(error instanceof HttpError) || !error.transient || done === before) throw error;
      transport.onRetry(error);
    }
  }
}
