/**
 * The images of an index, out of specs, archives and layouts.
 * @module
 */

import { chosenImages } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { repoTagOf } from "../base/repo_tag.ts";
import { UsageError } from "../errors.ts";
import type { NamedImage } from "../image/image.ts";
import { imagesByPlatform, type IndexMember } from "../image/image_index.ts";
import { imageOf } from "../image/planned_image.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { type Report, reportNotices } from "./report.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options that decide what specs become, and which images are meant. */
export interface MemberOptions extends ChoiceOptions, Omit<PlanningOptions, "repoTag"> {}

/** The images of an index by platform, and a name for it, if one of them has any. */
export interface IndexImages extends Pick<NamedImage, "repoTags" | "refNames"> {
  readonly images: readonly NamedImage["image"][];
}

interface NamedMember extends IndexMember {
  /** As they are spelt. */
  readonly names: readonly string[];
}

/**
 * Reads them. What they need is there until the stack is disposed of.
 *
 * @throws {UsageError} if a spec is wrong, or options are for nothing that is there.
 * @throws {ImageError} if something can not be read, or two images are for the same platform.
 */
export async function indexImages(
  sources: readonly string[],
  options: MemberOptions,
  report: Report,
  stack: AsyncDisposableStack,
): Promise<IndexImages> {
  const kinds = await Promise.all(sources.map(isSpec));
  if (sources.filter((source) => source === "-").length > 1) {
    throw new UsageError("-: there is one standard input, which can be given once");
  }
  if (kinds.every((spec) => spec)) refuseOtherOptions("spec", options);
  if (kinds.every((spec) => !spec)) refuseOtherOptions("image", options);
  const members = new Map<string, readonly NamedMember[]>();
  // Specs have commands that run: first what is quick to be wrong.
  for (const [index, source] of sources.entries()) {
    if (!kinds[index]) members.set(source, await storedMembers(source, options, stack));
  }
  for (const [index, source] of sources.entries()) {
    if (kinds[index]) members.set(source, [await specMember(source, options, report, stack)]);
  }
  const inOrder = sources.flatMap((source) => members.get(source) ?? []);
  const name = inOrder.flatMap(({ names }) => names)[0];
  const repoTag = name === undefined ? undefined : repoTagOf(name);
  return {
    images: imagesByPlatform(inOrder),
    repoTags: repoTag === undefined ? [] : [repoTag],
    ...name !== undefined && repoTag === undefined ? { refNames: [name] } : {},
  };
}

async function storedMembers(
  path: string,
  options: MemberOptions,
  stack: AsyncDisposableStack,
): Promise<NamedMember[]> {
  const opened = stack.use(await openImages(path));
  return chosenImages(opened, imageChoice(options)).map((image) => ({
    image,
    names: image.names,
    source: `${path}, ${image.names[0] ?? image.configDigest}`,
  }));
}

async function specMember(
  path: string,
  options: MemberOptions,
  report: Report,
  stack: AsyncDisposableStack,
): Promise<NamedMember> {
  const { plan, base, elsewhere } = stack.use(await planFromFile(path, options, report));
  const { image, ...noticed } = await imageOf(plan, new Date(), base, elsewhere);
  reportNotices(noticed, options.strict, report);
  return { image, names: [plan.repoTag], source: path === "-" ? "standard input" : path };
}
