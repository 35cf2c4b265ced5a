/**
 * `nix-image inspect IMAGE|SPEC`.
 * @module
 */

import { UsageError } from "../errors.ts";
import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import type { StoredFormat } from "../base/stored_image.ts";
import { describeImage, type ImageDescription } from "../image/description.ts";
import { describePlan } from "../image/planned_description.ts";
import { imageOf } from "../image/planned_image.ts";
import { jsonText } from "../terminal/format.ts";
import { imageTable } from "../terminal/image_table.ts";
import { print } from "../terminal/output.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { layerLister } from "./listing.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options of {@linkcode inspectCommand}. */
export interface InspectOptions extends ChoiceOptions, PlanningOptions {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What is printed as JSON: docs/inspect.md has it for its readers. */
interface Inspected {
  readonly path: string;
  readonly format: StoredFormat | "spec";
  readonly images: readonly ImageDescription[];
}

/** Prints what is in images, or what is going to be in one. */
export async function inspectCommand(path: string, options: InspectOptions): Promise<void> {
  const inspected = await isSpec(path)
    ? await inspectSpec(path, options)
    : await inspectImages(path, options);
  await print(
    options.json
      ? jsonText(inspected)
      : inspected.images.map(imageTable).join("\n").replace(/\n$/, ""),
  );
}

async function inspectSpec(path: string, options: InspectOptions): Promise<Inspected> {
  refuseOtherOptions("spec", options);
  using report = reportTo(options);
  await using planned = await planFromFile(path, options, report);
  const { plan, base, elsewhere } = planned;
  if (elsewhere !== undefined && elsewhere.stores.infos().size > 0) {
    throw new UsageError(
      `${path}: store paths of it are not on this host, and are not fetched to be looked at; ` +
        "nix-image plan shows its layers",
    );
  }
  const { image, ...noticed } = await imageOf(plan, new Date(), base, elsewhere);
  reportNotices(noticed, options.strict, report);
  const description = await describePlan(plan, image, await base?.listings() ?? []);
  return { path, format: "spec", images: [description] };
}

async function inspectImages(path: string, options: InspectOptions): Promise<Inspected> {
  refuseOtherOptions("image", options);
  const { name, tag, platform } = options;
  const choice = imageChoice(options);
  await using opened = await openImages(path);
  const chosen = name === undefined && tag === undefined && platform === undefined
    ? opened.images
    : [chooseImage(opened, choice)];
  const list = layerLister();
  const images: ImageDescription[] = [];
  for (const image of chosen) images.push(describeImage(image, await list(image)));
  return { path, format: opened.format, images };
}
