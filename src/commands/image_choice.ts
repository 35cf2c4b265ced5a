/**
 * The options that say which one of several images is meant.
 * @module
 */

import type { ImageChoice } from "../base/choose_image.ts";
import { parsePlatform } from "./platform.ts";

/** See above. */
export interface ChoiceOptions {
  readonly name?: string;
  readonly tag?: string;
  readonly platform?: string;
}

/**
 * What the options say.
 *
 * @throws {UsageError} if the platform is none.
 */
export function imageChoice({ name, tag, platform }: ChoiceOptions): ImageChoice {
  return {
    name: name ?? null,
    tag: tag ?? null,
    platform: platform === undefined ? null : parsePlatform(platform),
  };
}
