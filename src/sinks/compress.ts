/**
 * Compressing an archive as it goes out, on all processors. The bytes do not depend on how many
 * there are, nor on the environment.
 * @module
 */

import type { Compressor } from "../spec/image_spec.ts";
import { filterThrough } from "../process/filter.ts";
import { compressInWorkers } from "./compress_in_workers.ts";

/** How an archive is compressed, and the end of its file's name. */
export const EXTENSIONS: Readonly<Record<Compressor, string>> = {
  gz: ".gz",
  none: "",
  zstd: ".zst",
};

/** Each thread of our own has some 20 MB of buffers. */
const MOST_THREADS = 16;

/** How many threads of our own compress. */
export function threadCount(): number {
  return Math.min(navigator.hardwareConcurrency, MOST_THREADS);
}

/**
 * The compressed `stream`: by `pigz` and `zstd` where they are installed, else within the program.
 * The bytes of `pigz` are those of nixpkgs' builds; those made in the program are larger by about
 * 2 %, and depend on the version of Deno.
 *
 * The result fails with what `stream` fails with, and with an {@linkcode ImageError} if compressing
 * does.
 */
export function compress(
  stream: ReadableStream<Uint8Array>,
  compressor: Compressor,
): ReadableStream<Uint8Array> {
  const processors = navigator.hardwareConcurrency;
  switch (compressor) {
    case "none":
      return stream;
    case "gz":
      // No name and no time; parts that rsync can match.
      return filterThrough(stream, "pigz", [`-p${processors}`, "-nTR"]) ??
        compressInWorkers(stream, "gz", threadCount());
    case "zstd":
      // With two threads or more it cuts its input in the same way whatever their number; one
      // thread would be another algorithm in some versions.
      return filterThrough(stream, "zstd", ["-q", "-c", `-T${Math.max(2, processors)}`]) ??
        compressInWorkers(stream, "zstd", threadCount());
  }
}
