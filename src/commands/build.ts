/**
 * `nix-image build SPEC -o FILE`.
 * @module
 */

import { OutputFile } from "../disk/output_part.ts";
import type { ImagePlan } from "../image/plan.ts";
import { compress, type Compressor, COMPRESSORS } from "../sinks/compress.ts";
import { counted } from "../sinks/parts.ts";
import { formatBytes } from "../terminal/format.ts";
import { writeStream } from "../terminal/output.ts";
import { type ArchiveOptions, writeArchive } from "./archiving.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";

/** Options of {@linkcode buildCommand}. */
export interface BuildOptions extends PlanningOptions, ArchiveOptions {
  readonly output?: string;
  readonly compressor?: Compressor;
}

/** Writes an image to a file, which is there when it is whole. */
export async function buildCommand(spec: string, options: BuildOptions): Promise<void> {
  const warn = (message: string) => options.quiet || console.error(`nix-image: ${message}`);
  const plan = await planFromFile(spec, options, warn);
  const compressor = options.compressor ?? compressorOf(plan);
  const target = options.output === undefined || options.output === "-"
    ? baseNameOf(plan.repoTag) + ".tar" + COMPRESSORS[compressor]
    : options.output;
  using file = new OutputFile(target);
  let size = 0;
  const dockerV1 = options.dockerV1 ?? hasDockerV1(plan, options);
  const { summary } = await writeArchive(
    plan,
    { ...options, dockerV1 },
    warn,
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

/** How the spec wants the archive compressed. */
function compressorOf(plan: ImagePlan): Compressor {
  const compressor = "compressor" in plan ? plan.compressor : undefined;
  return compressor === "none" || compressor === "zstd" ? compressor : "gz";
}

/** Whether the older format is there unless asked for: as with nixpkgs' buildImage. */
function hasDockerV1(plan: ImagePlan, { layerNames }: BuildOptions): boolean {
  return "type" in plan && plan.type === "single" && layerNames !== "digest";
}

/** The last part of the image's name, without registry, directories and tag. */
function baseNameOf(repoTag: string): string {
  return repoTag.slice(repoTag.lastIndexOf("/") + 1, repoTag.lastIndexOf(":"));
}
