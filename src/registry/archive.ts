/**
 * Images out of registries as docker-archives, the bytes that nixpkgs' pullImage hashes.
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { writeStream } from "../terminal/output.ts";
import type { RegistryReference } from "./reference.ts";
import { imageName, type ResolvedImage } from "./resolve.ts";
import type { Skopeo } from "./skopeo.ts";

/** What is to be in the archive, and under which name. */
export interface ArchiveRequest {
  readonly reference: RegistryReference;
  readonly image: ResolvedImage;
  /** The repository name that it has there. */
  readonly name: string;
  /** The tag that it has there. */
  readonly tag: string;
}

/** Takes bytes, at least one of them, and says how many it took. */
interface Writer {
  write(bytes: Uint8Array): Promise<number>;
}

/** An archive that was written. */
export interface PulledArchive {
  /** In bytes. */
  readonly size: number;
  /** The SHA-256 of its bytes as SRI has it: `sha256-` and base 64. */
  readonly hash: string;
}

/**
 * Writes the archive as skopeo makes it, uncompressed.
 *
 * @throws {ImageError} if the image is not to be had, or the bytes can not be written.
 */
export async function writePulled(
  skopeo: Skopeo,
  { reference, image, name, tag }: ArchiveRequest,
  writer: Writer,
): Promise<PulledArchive> {
  const hash = createHash("sha256");
  /** `ahead`: bytes that were hashed and not taken. */
  let size = 0, ahead = 0;
  const write = async (bytes: Uint8Array) => {
    const writing = writer.write(bytes);
    // Meanwhile. What is not taken now comes again.
    hash.update(bytes.subarray(ahead));
    const count = await writing;
    ahead = bytes.length - count;
    size += count;
    return count;
  };
  await skopeo.archive(
    imageName({ ...reference, digest: image.manifest.digest }),
    `${name}:${tag}`,
    (archive) => writeStream(archive, { write }),
  );
  return { size, hash: sri(hash.digest()) };
}

/**
 * Compares an archive's hash with the one that it should have.
 *
 * @param expected the SHA-256
 * @throws {ImageError} if it is another one.
 */
export function checkHash({ hash }: PulledArchive, expected: Uint8Array, of: string): void {
  const specified = sri(expected);
  if (hash === specified) return;
  throw new ImageError(
    `The archive of ${of} has another hash:\n  specified: ${specified}\n  got:       ${hash}\n` +
      "  It depends on the final name and tag too, and on the version of skopeo; the digest does not",
  );
}

function sri(digest: Uint8Array): string {
  return `sha256-${Buffer.from(digest).toString("base64")}`;
}
