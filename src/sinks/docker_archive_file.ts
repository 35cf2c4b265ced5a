/**
 * A docker-archive as a file, compressed or not.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import type { NamedImage } from "../image/image.ts";
import type { Compressor } from "../spec/image_spec.ts";
import { compress } from "./compress.ts";
import { dockerArchive, type DockerArchiveOptions } from "./docker_archive.ts";
import { counted } from "./parts.ts";

/** Options of {@linkcode writeDockerArchive}. */
export interface DockerArchiveFileOptions extends DockerArchiveOptions {
  /** How the file is compressed; not at all by default. */
  readonly compressor?: Compressor;
  /** Told of the bytes of the archive, before they are compressed, since the last call. */
  readonly onBytes?: (count: number) => void;
}

/** A docker-archive that has been written. */
export interface WrittenArchive {
  /** Of the file, in bytes. */
  readonly size: number;
  /** The digest of each image's config: Docker's ID of it. */
  readonly configDigests: readonly string[];
}

/**
 * Writes `images` to a file that `docker load` reads, which is there when it is whole.
 *
 * @throws {UsageError} if what is at `target` is no file.
 * @throws {ImageError} if an image can not be read or written.
 */
export async function writeDockerArchive(
  images: readonly NamedImage[],
  target: string,
  { compressor = "none", onBytes, ...options }: DockerArchiveFileOptions,
): Promise<WrittenArchive> {
  using file = new OutputFile(target);
  const configDigests: string[] = [];
  let size = 0;
  const archive = dockerArchive(images, {
    ...options,
    onConfig(config, diffIds) {
      configDigests.push(config.digest);
      options.onConfig?.(config, diffIds);
    },
  });
  const bytes = compress(onBytes ? counted(archive, onBytes) : archive, compressor);
  await bytes.pipeTo(
    new WritableStream({
      async write(chunk) {
        for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await file.write(rest));
        size += chunk.length;
      },
    }),
  );
  file.commit();
  return { size, configDigests };
}
