/**
 * Blobs from a registry.
 * @module
 */

import { resumed } from "../http/resume.ts";
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
  const get = (headers: Readonly<Record<string, string>>) =>
    transport.request({
      ...blob,
      method: "GET",
      headers,
      expected: "range" in headers ? [200, 206] : [200],
    });
  yield* resumed(get, transport);
}
