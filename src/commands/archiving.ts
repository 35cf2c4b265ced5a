/**
 * What `stream` and `build` have in common: a plan to an archive on its way, with progress.
 * @module
 */

import type { Image, NamedImage } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import {
  dockerArchive,
  type DockerArchiveOptions,
  type LayerNames,
} from "../sinks/docker_archive.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { type LayerResult, tellLayers } from "./layer_details.ts";
import type { PlannedSpec } from "./planning.ts";
import { type Report, reportNotices } from "./report.ts";

/** Options that decide what the archive of an image is like. */
export interface ArchiveOptions {
  readonly layerNames: LayerNames;
  /** Whether it holds the image in the older format, too; undefined for the default. */
  readonly dockerV1?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** Whether it is an error that two sources have the same path. */
  readonly strict?: boolean;
}

/** What is known of layers before they are read, and which of them are to be left out. */
export interface LeftOut extends Pick<DockerArchiveOptions, "kept" | "omitted"> {
  /** Told what has become of the layers: their diff_ids, and the sizes of those that were written. */
  keep?(diffIds: readonly string[], sizes: ReadonlyMap<number, number>): Promise<void>;
  /** Told why the archive can not be written. */
  forget?(error: unknown): Promise<void>;
}

/** A plan with what it was made on, if that is something. */
export type PlannedWithBase = Pick<PlannedSpec, "plan" | "base" | "elsewhere">;

/** A layer of which the size was planned. */
interface PlannedPart {
  readonly paths?: readonly string[];
  /** In bytes. */
  readonly size: number;
}

/** Takes the archive where it is to be; calls `onBytes` with the number of bytes it took of it. */
type Write = (
  archive: ReadableStream<Uint8Array<ArrayBuffer>>,
  onBytes: (count: number) => void,
) => Promise<void>;

/** An archive that was written. */
export interface WrittenArchive {
  /** The digest of the image's config. */
  readonly imageId: string;
  readonly layers: readonly LayerResult[];
  /** The image and its size on one line. */
  readonly summary: string;
}

/**
 * Writes the archive of a planned image, with progress on standard error.
 *
 * @param leaveOut says which layers the reader has; without it, all are written
 * @returns what is in it
 * @throws {ImageError} if the image can not be made.
 * @throws what `write` throws.
 */
export async function writeArchive(
  planned: PlannedWithBase,
  options: ArchiveOptions,
  report: Report,
  write: Write,
  leaveOut: (image: Image) => Promise<LeftOut> = () => Promise.resolve({}),
): Promise<WrittenArchive> {
  const { layerNames, dockerV1 = false } = options;
  return await writePlanned(
    planned,
    options,
    report,
    async ({ named, mtime, onLayer, onBytes }) => {
      let imageId = "";
      let diffIds: readonly string[] = [];
      const sizes = new Map<number, number>();
      const { kept, omitted, keep, forget } = await leaveOut(named.image);
      const archive = dockerArchive([named], {
        mtime,
        layerNames,
        dockerV1,
        ...kept && { kept },
        ...omitted && { omitted },
        onLayer(start) {
          sizes.set(start.index, start.size);
          onLayer(start);
        },
        onConfig(config, ids) {
          imageId = config.digest;
          diffIds = ids;
        },
      });
      try {
        await write(archive, onBytes);
      } catch (error) {
        await forget?.(error);
        throw error;
      }
      await keep?.(diffIds, sizes);
      const sizesOf = new Map(sizes.entries().map(([index, size]) => [diffIds[index], size]));
      const layers = diffIds.map((diffId) => ({
        diffId,
        size: sizesOf.get(diffId) ?? null,
        blob: null,
      }));
      tellLayers(
        layers,
        report,
        ({ diffId }, index) =>
          sizes.has(index) ? "written" : omitted?.has(diffId) ? "left out" : "there once already",
      );
      return { imageId, layers };
    },
  );
}

/** An image that is to be written now, and whom to tell how far that is. */
export interface ImageInWork {
  readonly named: NamedImage;
  /** For the members of an archive of it, in seconds since the epoch. */
  readonly mtime: number;
  readonly onLayer: (start: { readonly index: number }) => void;
  readonly onBytes: (count: number) => void;
}

/**
 * Has a planned image written, with progress on standard error.
 *
 * @param write gives the image's ID, and what else it has to tell
 * @returns that, and on one line the image and the number of bytes that `write` told of
 * @throws {ImageError} if the image can not be made.
 * @throws what `write` throws.
 */
export async function writePlanned<T extends { readonly imageId: string }>(
  { plan, base, elsewhere }: PlannedWithBase,
  { quiet = false, strict }: Pick<ArchiveOptions, "quiet" | "strict">,
  report: Report,
  write: (image: ImageInWork) => Promise<T>,
): Promise<T & { readonly summary: string }> {
  const { image, mtime, ...noticed } = await imageOf(plan, new Date(), base, elsewhere);
  reportNotices(noticed, strict, report);
  report.phase?.("layers");
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  const parts: readonly PlannedPart[] = [...plan.base?.layers ?? [], ...plan.layers];
  progress.start(
    image.layers.map(({ label }, index) => {
      const planned = parts[index];
      return { label, paths: planned?.paths?.length ?? 0, size: planned?.size };
    }),
    parts.reduce((sum, { size }) => sum + size, 0),
  );
  let count = 0;
  try {
    const written = await write({
      named: { image, repoTags: [plan.repoTag] },
      mtime,
      onLayer: ({ index }) => progress.layer(index),
      onBytes: (more) => {
        count += more;
        progress.bytes(more);
      },
    });
    const layers = formatCount(image.layers.length, "layer");
    const summary = `${plan.repoTag}: ${layers}, ${formatBytes(count)}, ${written.imageId}`;
    return { ...written, summary };
  } finally {
    progress.finish();
  }
}
