/**
 * `nix-image merge IMAGE… -o FILE`.
 * @module
 */

import { openImages } from "../base/open_images.ts";
import type { OpenedImages } from "../base/stored_image.ts";
import { UsageError } from "../errors.ts";
import type { NamedImage } from "../image/image.ts";
import { mergeImages } from "../image/merged_images.ts";
import { writeDockerArchive } from "../sinks/docker_archive_file.ts";
import { writeOciArchive, writeOciDirectory } from "../sinks/oci_layout.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { checkCompression, type FormatOptions } from "./formats.ts";
import { imageInput } from "./image_input.ts";
import { reportTo } from "./report.ts";

/** Options of {@linkcode mergeCommand}. */
export interface MergeOptions extends FormatOptions {
  readonly output: string;
  readonly quiet?: boolean;
}

/** The time of an archive's members, as nixpkgs has it. */
const MTIME = 1;

/** Writes all images of several archives and layouts to one, which is there when it is whole. */
export async function mergeCommand(
  paths: readonly string[],
  options: MergeOptions,
): Promise<void> {
  checkCompression(options);
  const { output, format, quiet = false } = options;
  if (output === "-") throw new UsageError("--output: name a file; merge writes to no pipe");
  const sources = paths.map(imageInput);
  if (sources.filter(({ input }) => input).length > 1) {
    throw new UsageError("-: there is one standard input, which can be given once");
  }
  await using stack = new AsyncDisposableStack();
  const archives: OpenedImages[] = [];
  for (const { path, input } of sources) {
    archives.push(stack.use(await openImages(path, { input })));
  }
  const { images, notices } = mergeImages(
    archives,
    format === "docker-archive" ? "docker-archive" : "layout",
  );
  const report = reportTo(quiet);
  for (const notice of notices) report.warn(notice);
  const size = await writeImages(images, options);
  if (quiet) return;
  const layers = new Set(images.flatMap(({ image }) => image.layers.map(({ diffId }) => diffId)));
  const facts = [formatCount(images.length, "image"), formatCount(layers.size, "layer")];
  console.error(`Written to ${output}: ${facts.join(", ")}, ${formatBytes(size)}`);
}

/** Writes them with progress on standard error, and gives the size of what there is then. */
async function writeImages(
  images: readonly NamedImage[],
  { output, format, compressor = "gz", layerCompression = "gzip", quiet = false }: MergeOptions,
): Promise<number> {
  const layers = images.flatMap(({ image }) => image.layers);
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(layers.map(({ label }) => ({ label, paths: 0 })));
  const starts = images.map((_, position) =>
    images.slice(0, position).reduce((sum, { image }) => sum + image.layers.length, 0)
  );
  const work = {
    mtime: MTIME,
    layerCompression,
    onLayer: ({ image, index }: { readonly image: number; readonly index: number }) =>
      progress.layer((starts[image] ?? 0) + index),
    onBytes: (count: number) => progress.bytes(count),
  };
  try {
    if (format === "oci") return (await writeOciDirectory(images, output, work)).size;
    if (format === "oci-archive") return (await writeOciArchive(images, output, work)).size;
    return (await writeDockerArchive(images, output, { ...work, compressor })).size;
  } finally {
    progress.finish();
  }
}
