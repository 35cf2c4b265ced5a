/**
 * `nix-image stream SPEC`.
 * @module
 */

import { UsageError } from "../errors.ts";
import { FORMAT_VERSION } from "../layer/format_version.ts";
import { imageOf, type ImagePlan } from "../image/plan.ts";
import { readingFrom } from "../store/files.ts";
import { dockerArchive, type LayerNames } from "../sinks/docker_archive.ts";
import { isCaptured } from "../terminal/captured.ts";
import { writeToStdout } from "../terminal/output.ts";
import { formatBytes } from "../terminal/format.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { checkRepoTag, planFromFile, type PlanningOptions } from "./planning.ts";
import { writeStreamScript } from "./stream_script.ts";

/** Options of {@linkcode streamCommand}. */
export interface StreamOptions extends PlanningOptions {
  readonly layerNames: LayerNames;
  readonly tar?: boolean;
  readonly script?: boolean;
  readonly plan?: string;
  readonly quiet?: boolean;
}

/**
 * Writes an image to standard output; or, where a shell captures that, the path of a script that
 * does.
 */
export async function streamCommand(
  spec: string | undefined,
  options: StreamOptions,
): Promise<void> {
  if (Deno.stdout.isTerminal() && !options.script) {
    throw new UsageError(
      "Standard output is a terminal; send the image somewhere:\n" +
        "  nix-image stream spec.json | docker load\n" +
        "  nix-image stream spec.json > image.tar",
    );
  }
  const warn = (message: string) => options.quiet || console.error(`nix-image: ${message}`);
  const capturing = options.script || !options.tar && isCaptured();
  const plan = options.plan === undefined
    ? await planFromFile(specOf(spec), options, warn)
    : readPlan(options.plan, options.repoTag);
  if (await capturing) {
    console.log(await writeStreamScript(plan, options.layerNames));
    return;
  }
  await streamPlan(plan, options, warn);
}

function specOf(spec: string | undefined): string {
  if (spec === undefined) throw new UsageError("Missing the spec: a JSON file, or -");
  return spec;
}

function readPlan(file: string, repoTag: string | undefined): ImagePlan {
  const plan: ImagePlan = JSON.parse(readingFrom(file, () => Deno.readTextFileSync(file)));
  if (plan.formatVersion !== FORMAT_VERSION) {
    throw new UsageError(`${file} was planned by another version of nix-image; plan it again`);
  }
  if (repoTag === undefined) return plan;
  checkRepoTag(repoTag);
  return { ...plan, repoTag };
}

async function streamPlan(
  plan: ImagePlan,
  { layerNames, quiet = false }: StreamOptions,
  warn: (message: string) => void,
): Promise<void> {
  const { image, mtime, notices } = await imageOf(plan, new Date());
  for (const notice of notices) warn(notice);
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(
    image.layers.map(({ label }, index) => ({
      label,
      paths: plan.layers[index]?.paths.length ?? 0,
      size: plan.layers[index]?.size,
    })),
    plan.layers.reduce((sum, { size }) => sum + size, 0),
  );
  const archive = dockerArchive(image, {
    repoTags: [plan.repoTag],
    mtime,
    layerNames,
    onLayer: ({ index }) => progress.layer(index),
    onConfig: ({ digest }) => imageId = digest,
  });
  let imageId = "", written = 0;
  try {
    await writeToStdout(archive, (count) => {
      written += count;
      progress.bytes(count);
    });
  } finally {
    progress.finish();
  }
  if (quiet) return;
  const { length } = image.layers;
  console.error(`${plan.repoTag}: ${length} layers, ${formatBytes(written)}, ${imageId}`);
}
