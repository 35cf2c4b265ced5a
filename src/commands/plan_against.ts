/**
 * The option --against.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { EarlierPlan } from "../image/earlier_plan.ts";
import type { EarlierImage } from "./earlier.ts";
import type { PlanCommandOptions } from "./plan_options.ts";

/**
 * The version that is updated: the one that is named; or else, where all is to be explained, the
 * previous one.
 *
 * @param previous what --previous named
 * @throws {ImageError} if it can not be read, or says nothing of its store paths.
 */
export async function updatedVersion(
  options: PlanCommandOptions,
  previous: EarlierPlan | undefined,
  image: EarlierImage,
  warn: (message: string) => void,
): Promise<EarlierPlan | undefined> {
  const { against, explain } = options;
  if (against === undefined) return explain ? previous : undefined;
  if (against === options.previous && previous !== undefined) return previous;
  const { earlierPlan } = await import("./earlier.ts");
  const earlier = await earlierPlan("--against", against, image, options, warn);
  if (earlier.layers.length === 0 || earlier.layers.some(({ paths }) => paths.length > 0)) {
    return earlier;
  }
  throw new UsageError(
    `--against ${against}: its history names no store paths, as those of nix-image and of ` +
      "nixpkgs' streamLayeredImage do",
  );
}
