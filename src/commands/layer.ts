/**
 * `nix-image layer SPEC -o DIR`.
 * @module
 */

import { OutputDirectory } from "../disk/output_part.ts";
import { imageOf } from "../image/planned_image.ts";
import { layerJson, LayerSummer, VERSION } from "../sinks/docker_v1.ts";
import { formatBytes, jsonText } from "../terminal/format.ts";
import { print, writeStream } from "../terminal/output.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";

/** Options of {@linkcode layerCommand}. */
export interface LayerOptions extends PlanningOptions {
  readonly output: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Writes the uppermost layer of an image to a directory, which is there when it is whole. */
export async function layerCommand(spec: string, options: LayerOptions): Promise<void> {
  using report = reportTo(options);
  await using planned = await planFromFile(spec, options, report);
  const { image, ...noticed } = await imageOf(
    planned.plan,
    new Date(),
    planned.base,
    planned.elsewhere,
  );
  reportNotices(noticed, options.strict, report);
  report.phase?.("layer");
  const layer = image.layers.at(-1);
  if (layer === undefined) throw new Error("An image has its own layer, be it empty");
  using output = new OutputDirectory(options.output);
  const summer = new LayerSummer();
  {
    using file = output.create("layer.tar");
    await writeStream(layer.open(), {
      async write(bytes) {
        const count = await file.write(bytes);
        summer.update(bytes.subarray(0, count));
        return count;
      },
    });
  }
  const sums = summer.finish();
  output.writeText("json", layerJson(image, sums));
  output.writeText("VERSION", VERSION);
  output.commit();
  const { diffId, size } = sums;
  report.say?.(`Written to ${options.output}: ${formatBytes(size)}, ${diffId}`);
  if (options.json) await print(jsonText({ path: options.output, diffId, size }));
}
