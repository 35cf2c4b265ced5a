/**
 * `nix-image build SPEC -o FILE`.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import { UsageError } from "../errors.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import { compress, EXTENSIONS } from "../sinks/compress.ts";
import { writeOciArchive, writeOciDirectory } from "../sinks/oci_layout.ts";
import { counted } from "../sinks/parts.ts";
import type { Compressor } from "../spec/image_spec.ts";
import { formatBytes, jsonText } from "../terminal/format.ts";
import { print, writeStream } from "../terminal/output.ts";
import {
  type ArchiveOptions,
  type PlannedWithBase,
  writeArchive,
  writePlanned,
} from "./archiving.ts";
import { checkCompression, type FormatOptions } from "./formats.ts";
import { type LayerResult, layoutLayer, tellLayers } from "./layer_details.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { type Report, reportTo } from "./report.ts";

/** Options of {@linkcode buildCommand}. */
export interface BuildOptions extends PlanningOptions, ArchiveOptions, FormatOptions {
  readonly output?: string;
  readonly json?: boolean;
}

/** Writes an image to a file or directory, which is there when it is whole. */
export async function buildCommand(spec: string, options: BuildOptions): Promise<void> {
  checkFormat(options);
  using report = reportTo(options);
  await using planned = await planFromFile(spec, options, report);
  const { plan } = planned;
  const compressor = options.compressor ?? planned.compressor;
  const { output } = options;
  const target = output === undefined || output === "-"
    ? baseNameOf(plan.repoTag) + extensionOf(options.format, compressor)
    : output;
  const { summary, result, size } = options.format === "docker-archive"
    ? await buildArchive(planned, target, { ...options, compressor }, report)
    : await buildLayout(planned, target, options, report);
  report.say?.(summary);
  const { id, manifestDigest, layers } = result;
  const manifest = manifestDigest === null ? "" : `, manifest ${manifestDigest}`;
  report.say?.(`Written to ${target}, ${formatBytes(size)}${manifest}`);
  if (!options.json) return;
  const { format } = options;
  const name = plan.repoTag;
  await print(jsonText({ path: target, format, size, name, id, manifestDigest, layers }));
}

/** Refuses options of another format than the one that is asked for. */
function checkFormat(options: BuildOptions): void {
  checkCompression(options);
  const { format, layerNames, dockerV1 } = options;
  if (format === "docker-archive") return;
  const wrong = layerNames === "digest" ? "--layer-names" : dockerV1 ? "--docker-v1" : undefined;
  if (wrong !== undefined) throw new UsageError(`${wrong} is for --format docker-archive`);
}

/** What was written: the image and its size on one line, and what is in the file. */
interface Built {
  readonly summary: string;
  /** Of the file, in bytes. */
  readonly size: number;
  readonly result: {
    readonly id: string;
    readonly manifestDigest: string | null;
    readonly layers: readonly LayerResult[];
  };
}

async function buildArchive(
  planned: PlannedWithBase,
  target: string,
  options: BuildOptions & { readonly compressor: Compressor },
  report: Report,
): Promise<Built> {
  using file = new OutputFile(target);
  let size = 0;
  const dockerV1 = options.dockerV1 ?? hasDockerV1(planned.plan, options);
  const { summary, imageId: id, layers } = await writeArchive(
    planned,
    { ...options, dockerV1 },
    report,
    (archive, onBytes) =>
      writeStream(
        compress(counted(archive, onBytes), options.compressor),
        file,
        (count) => size += count,
      ),
  );
  file.commit();
  return { summary, size, result: { id, manifestDigest: null, layers } };
}

async function buildLayout(
  planned: PlannedWithBase,
  target: string,
  options: BuildOptions,
  report: Report,
): Promise<Built> {
  const { format, layerCompression = "gzip" } = options;
  return await writePlanned(planned, options, report, async ({ named, ...work }) => {
    const { size, images } = format === "oci"
      ? await writeOciDirectory([named], target, { ...work, layerCompression })
      : await writeOciArchive([named], target, { ...work, layerCompression });
    const { configDigest: id, manifestDigest, layers: written } = images[0]!;
    const layers = written.map(layoutLayer);
    tellLayers(layers, report, () => "written");
    return { imageId: id, size, result: { id, manifestDigest, layers } };
  });
}

function extensionOf(format: BuildOptions["format"], compressor: Compressor): string {
  if (format === "docker-archive") return `.tar${EXTENSIONS[compressor]}`;
  return format === "oci" ? ".oci" : ".oci.tar";
}

/** Whether the older format is there unless asked for: as with nixpkgs' buildImage. */
function hasDockerV1({ type }: ImagePlan, { layerNames }: BuildOptions): boolean {
  return type === "single" && layerNames !== "digest";
}

/** The last part of the image's name, without registry, directories and tag. */
function baseNameOf(repoTag: string): string {
  return repoTag.slice(repoTag.lastIndexOf("/") + 1, repoTag.lastIndexOf(":"));
}
