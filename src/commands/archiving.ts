/**
 * What `stream` and `build` have in common: a plan to an archive on its way, with progress.
 * @module
 */

import type { ImagePlan } from "../image/image_plan.ts";
import { imageOf } from "../image/planned_image.ts";
import { dockerArchive, type LayerNames } from "../sinks/docker_archive.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { type Report, reportNotices } from "./planning.ts";

/** Options that decide what the archive of an image is like. */
export interface ArchiveOptions {
  readonly layerNames: LayerNames;
  /** Whether it holds the image in the older format, too; undefined for the default. */
  readonly dockerV1?: boolean;
  readonly quiet?: boolean;
  /** Whether it is an error that two sources have the same path. */
  readonly strict?: boolean;
}

/** Takes the archive where it is to be; calls `onBytes` with the number of bytes it took of it. */
type Write = (
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  onBytes: (count: number) => void,
) => Promise<void>;

/**
 * Writes the archive of a planned image, with progress on standard error.
 *
 * @returns the image and its size on one line
 * @throws {ImageError} if the image can not be made.
 * @throws what `write` throws.
 */
export async function writeArchive(
  plan: ImagePlan,
  { layerNames, dockerV1 = false, quiet = false, strict }: ArchiveOptions,
  report: Report,
  write: Write,
): Promise<{ readonly summary: string }> {
  const { image, mtime, ...noticed } = await imageOf(plan, new Date());
  reportNotices(noticed, strict, report);
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(
    image.layers.map(({ label }, index) => ({
      label,
      paths: plan.layers[index]?.paths.length ?? 0,
      size: plan.layers[index]?.size,
    })),
    plan.layers.reduce((sum, { size }) => sum + size, 0),
  );
  let imageId = "", written = 0;
  const archive = dockerArchive([{ image, repoTags: [plan.repoTag] }], {
    mtime,
    layerNames,
    dockerV1,
    onLayer: ({ index }) => progress.layer(index),
    onConfig: ({ digest }) => imageId = digest,
  });
  try {
    await write(archive, (count) => {
      written += count;
      progress.bytes(count);
    });
  } finally {
    progress.finish();
  }
  const layers = formatCount(image.layers.length, "layer");
  return { summary: `${plan.repoTag}: ${layers}, ${formatBytes(written)}, ${imageId}` };
}
