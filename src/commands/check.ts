/**
 * `nix-image check IMAGE`.
 * @module
 */

import { checkImages, type CheckReport } from "../base/check.ts";
import { ImageError } from "../errors.ts";
import { formatCount } from "../terminal/format.ts";
import { imageInput } from "./image_input.ts";

/** Options of {@linkcode checkCommand}. */
export interface CheckOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * Prints what is wrong with the images in an archive or a layout.
 *
 * @throws {ImageError} if there is something wrong.
 */
export async function checkCommand(image: string, options: CheckOptions): Promise<void> {
  const { path, input } = imageInput(image);
  const report = await checkImages(path, input);
  const { problems, problemCount, remarks, images } = report;
  if (options.json) console.log(JSON.stringify(describe(report), null, 2));
  else {
    for (const { where, what } of problems) console.log(`${where}: ${what}`);
    const more = problemCount - problems.length;
    if (more > 0) console.log(`and ${more} more`);
  }
  if (!options.quiet && !options.json) {
    for (const { where, what } of remarks) console.error(`Remark: ${where}: ${what}`);
  }
  if (problemCount > 0) {
    throw new ImageError(`${path} has ${formatCount(problemCount, "problem")}`);
  }
  if (!options.quiet) {
    console.error(`Nothing is wrong with ${path}: ${formatCount(images.length, "image")}`);
  }
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
