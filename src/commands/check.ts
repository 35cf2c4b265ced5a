/**
 * `nix-image check IMAGE`.
 * @module
 */

import { checkImages, type CheckReport } from "../base/check.ts";
import { ImageError } from "../errors.ts";
import { coloursFor } from "../terminal/colours.ts";
import { formatCount } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { imageInput } from "./image_input.ts";
import { reportTo } from "./report.ts";
import { refuseSpec } from "./spec_or_image.ts";

/** Options of {@linkcode checkCommand}. */
export interface CheckOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/**
 * Prints what is wrong with the images in an archive or a layout.
 *
 * @throws {ImageError} if there is something wrong.
 */
export async function checkCommand(image: string, options: CheckOptions): Promise<void> {
  const { path, input } = imageInput(image);
  await refuseSpec(image);
  using report = reportTo(options);
  report.phase?.("check");
  const checked = await checkImages(path, input);
  const { problems, problemCount, remarks, images } = checked;
  if (options.json) await print(JSON.stringify(describe(checked), null, 2));
  else if (problemCount > 0) {
    const { error } = coloursFor(Deno.stdout);
    const lines = problems.map(({ where, what }) => `${error(`${where}:`)} ${what}`);
    const more = problemCount - problems.length;
    await print([...lines, ...more > 0 ? [`and ${more} more`] : []].join("\n"));
  }
  const { good, warning } = coloursFor(Deno.stderr);
  for (const { where, what } of options.json ? [] : remarks) {
    report.say?.(`${warning("Remark:")} ${where}: ${what}`);
  }
  if (problemCount > 0) {
    throw new ImageError(`${path} has ${formatCount(problemCount, "problem")}`);
  }
  report.say?.(good(`Nothing is wrong with ${path}`) + `: ${formatCount(images.length, "image")}`);
}

function describe({ images, problems, problemCount, remarks }: CheckReport) {
  return {
    ok: problemCount === 0,
    problemCount,
    problems: problems.map(({ where, what }) => ({ where, problem: what })),
    remarks: remarks.map(({ where, what }) => ({ where, remark: what })),
    images,
  };
}
