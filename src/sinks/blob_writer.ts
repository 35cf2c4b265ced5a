/**
 * The blobs of an OCI image layout: files that have their digest as their name.
 * @module
 */

import { createHash } from "node:crypto";
import { writeStream } from "../terminal/output.ts";
import type { LayoutFiles } from "./layout_files.ts";

/** What names a blob. */
export interface BlobName {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** Writes blobs, each one once. */
export class BlobWriter {
  readonly #files: LayoutFiles;
  readonly #digests = new Set<string>();

  /** Writes to `files`, in which there is none yet. */
  constructor(files: LayoutFiles) {
    this.#files = files;
  }

  /** Whether there is a blob with this digest. */
  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /**
   * Writes the bytes of a stream, unless they turn out to be there already.
   *
   * @throws {ImageError} if they can not be written.
   * @throws what the stream throws.
   */
  async put(stream: ReadableStream<Uint8Array>): Promise<BlobName> {
    using file = this.#files.create();
    const hash = createHash("sha256");
    /** `ahead`: bytes that were hashed and not taken. */
    let size = 0, ahead = 0;
    await writeStream(stream, {
      async write(bytes) {
        const writing = file.write(bytes);
        // Meanwhile. What is not taken now comes again.
        hash.update(bytes.subarray(ahead));
        const count = await writing;
        ahead = bytes.length - count;
        size += count;
        return count;
      },
    });
    const hex = hash.digest("hex");
    const digest = `sha256:${hex}`;
    if (!this.#digests.has(digest)) file.keep(`blobs/sha256/${hex}`);
    this.#digests.add(digest);
    return { digest, size };
  }

  /** Writes `bytes`, unless they are there already; see {@linkcode BlobWriter.put}. */
  async putBytes(bytes: Uint8Array<ArrayBuffer>): Promise<BlobName> {
    return await this.put(new Blob([bytes]).stream());
  }
}
