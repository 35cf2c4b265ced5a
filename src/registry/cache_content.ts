/**
 * Blobs that are stored with entries of a cache.
 * @module
 */

import { ImageError } from "../errors.ts";
import { HttpError } from "../http/http_error.ts";
import { sha256Of } from "../image/image.ts";
import type { LayerDigest } from "../layer/digest_cache.ts";
import type { RegistryClient } from "./client.ts";

/** How the content of an entry is read. */
export interface ContentOptions<T> {
  /** Longer ones, in bytes, are not fetched. */
  readonly most: number;
  /** Throws an {@linkcode ImageError} if it is not what it should be. */
  readonly read: (bytes: Uint8Array) => T;
}

/** The content of an entry is not there, or not what it should be; the registry does its work. */
export class ContentError extends ImageError {}

/**
 * What is made of the content that an entry states.
 *
 * @throws {ContentError}
 * @throws {HttpError} if the registry does not say.
 */
export async function readContent<T>(
  client: RegistryClient,
  { digest, size }: LayerDigest,
  { most, read }: ContentOptions<T>,
): Promise<T> {
  if (size > most) throw new ContentError(`its content has ${size} bytes, more than ${most}`);
  try {
    return read(await new Response(client.getBlob(digest, size)).bytes());
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) {
      throw new ContentError(`its content is not there: ${digest}`, { cause: error });
    }
    if (!(error instanceof ImageError) || error instanceof HttpError) throw error;
    throw new ContentError(error.message, { cause: error });
  }
}

/** Stores a blob that is not there yet. */
export async function storeBlob(
  client: RegistryClient,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const [digest, size] = [sha256Of(bytes), bytes.length];
  if (await client.hasBlob(digest)) return;
  await client.uploadBlob({ name, open: () => new Blob([bytes]).stream(), digest, size });
}
