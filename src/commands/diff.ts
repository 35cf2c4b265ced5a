/**
 * `nix-image diff A B`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { ImageError } from "../errors.ts";
import { compareImages } from "../image/comparison.ts";
import { coloursFor } from "../terminal/colours.ts";
import { comparisonTable } from "../terminal/comparison_table.ts";
import { jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { layerLister } from "./listing.ts";
import { refuseSpec } from "./spec_or_image.ts";

/** Options of {@linkcode diffCommand}. */
export interface DiffOptions extends ChoiceOptions {
  readonly json?: boolean | undefined;
  /** Whether the exit status says whether the images differ. */
  readonly exitCode?: boolean | undefined;
}

/** The images differ: exit status 1. What differs has been printed. */
class ImagesDiffer extends ImageError {
  override readonly quiet = true;
}

/** Prints how two images differ. */
export async function diffCommand(from: string, to: string, options: DiffOptions): Promise<void> {
  const choice = imageChoice(options);
  for (const path of [from, to]) await refuseSpec(path);
  await using opened = await openImages(from);
  await using others = await openImages(to);
  const [old, now] = [chooseImage(opened, choice), chooseImage(others, choice)];
  const list = layerLister();
  const comparison = compareImages(
    { image: old, listings: await list(old) },
    { image: now, listings: await list(now) },
  );
  await print(
    options.json
      ? jsonText(comparison)
      : comparisonTable(comparison, coloursFor(Deno.stdout)).replace(/\n$/, ""),
  );
  if (options.exitCode && !comparison.same) throw new ImagesDiffer("The images differ");
}
