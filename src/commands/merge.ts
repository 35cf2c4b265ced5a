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
import type { WrittenImage } from "../sinks/image_documents.ts";
import { writeOciArchive, writeOciDirectory } from "../sinks/oci_layout.ts";
import { formatBytes, formatCount, jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { checkCompression, type FormatOptions } from "./formats.ts";
import { imageInput } from "./image_input.ts";
import { reportTo } from "./report.ts";
import { refuseSpec } from "./spec_or_image.ts";

/** Options of {@linkcode mergeCommand}. */
export interface MergeOptions extends FormatOptions {
  readonly output: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** The time of an archive's members, as nixpkgs has it. */
const MTIME = 1;

/** Writes all images of several archives and layouts to one, which is there when it is whole. */
export async function mergeCommand(
  paths: readonly string[],
  options: MergeOptions,
): Promise<void> {
  checkCompression(options);
  const { output, format } = options;
  using report = reportTo(options);
  if (output === "-") throw new UsageError("--output: name a file; merge writes to no pipe");
  const sources = paths.map(imageInput);
  if (sources.filter(({ input }) => input).length > 1) {
    throw new UsageError("-: there is one standard input, which can be given once");
  }
  for (const path of paths) await refuseSpec(path);
  report.phase?.("images");
  await using stack = new AsyncDisposableStack();
  const archives: OpenedImages[] = [];
  for (const { path, input } of sources) {
    archives.push(stack.use(await openImages(path, { input })));
  }
  const { images, notices } = mergeImages(
    archives,
    format === "docker-archive" ? "docker-archive" : "layout",
  );
  for (const notice of notices) report.warn(notice);
  report.phase?.("layers");
  const { size, written } = await writeImages(images, options);
  const layers = new Set(images.flatMap(({ image }) => image.layers.map(({ diffId }) => diffId)));
  const facts = [formatCount(images.length, "image"), formatCount(layers.size, "layer")];
  report.say?.(`Written to ${output}: ${facts.join(", ")}, ${formatBytes(size)}`);
  if (!options.json) return;
  const described = images.map(({ repoTags, refNames = [] }, index) => ({
    names: [...repoTags, ...refNames],
    id: written[index]?.configDigest,
    manifestDigest: written[index]?.manifestDigest ?? null,
  }));
  await print(jsonText({ path: output, format, size, images: described }));
}

/** What is there then. */
interface Merged {
  /** In bytes. */
  readonly size: number;
  /** What names the images, in their order. */
  readonly written: readonly Partial<WrittenImage>[];
}

/** Writes them with progress on standard error. */
async function writeImages(
  images: readonly NamedImage[],
  { output, format, compressor = "gz", layerCompression = "gzip", quiet = false }: MergeOptions,
): Promise<Merged> {
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
    if (format !== "docker-archive") {
      const { size, images: written } = format === "oci"
        ? await writeOciDirectory(images, output, work)
        : await writeOciArchive(images, output, work);
      return { size, written };
    }
    const { size, configDigests } = await writeDockerArchive(images, output, {
      ...work,
      compressor,
    });
    return { size, written: configDigests.map((configDigest) => ({ configDigest })) };
  } finally {
    progress.finish();
  }
}
