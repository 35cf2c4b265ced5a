/**
 * `nix-image build SPEC -o FILE`.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import type { ImagePlan } from "../image/image_plan.ts";
import { compress, EXTENSIONS } from "../sinks/compress.ts";
import type { Compressor } from "../spec/image_spec.ts";
import { counted } from "../sinks/parts.ts";
import { formatBytes } from "../terminal/format.ts";
import { writeStream } from "../terminal/output.ts";
import { type ArchiveOptions, writeArchive } from "./archiving.ts";
import { planFromFile, type PlanningOptions, reportTo } from "./planning.ts";

/** Options of {@linkcode buildCommand}. */
export interface BuildOptions extends PlanningOptions, ArchiveOptions {
  readonly output?: string;
  readonly compressor?: Compressor;
}

/** Writes an image to a file, which is there when it is whole. */
export async function buildCommand(spec: string, options: BuildOptions): Promise<void> {
  const report = reportTo(options.quiet);
  await using planned = await planFromFile(spec, options, report);
  const { plan } = planned;
  const compressor = options.compressor ?? planned.compressor;
  const target = options.output === undefined || options.output === "-"
    ? baseNameOf(plan.repoTag) + ".tar" + EXTENSIONS[compressor]
    : options.output;
  using file = new OutputFile(target);
  let size = 0;
  const dockerV1 = options.dockerV1 ?? hasDockerV1(plan, options);
  const { summary } = await writeArchive(
    plan,
    { ...options, dockerV1 },
    report,
    (archive, onBytes) =>
      writeStream(
        compress(counted(archive, onBytes), compressor),
        file,
        (count) => size += count,
      ),
  );
  file.commit();
  if (options.quiet) return;
  console.error(summary);
  console.error(`Written to ${target}, ${formatBytes(size)}`);
}

/** Whether the older format is there unless asked for: as with nixpkgs' buildImage. */
function hasDockerV1({ type }: ImagePlan, { layerNames }: BuildOptions): boolean {
  return type === "single" && layerNames !== "digest";
}

/** The last part of the image's name, without registry, directories and tag. */
function baseNameOf(repoTag: string): string {
  return repoTag.slice(repoTag.lastIndexOf("/") + 1, repoTag.lastIndexOf(":"));
}
