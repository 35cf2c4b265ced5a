/**
 * What an image is for, by all that is said of it.
 * @module
 */

import type { ImagePlatform } from "../image/image_platform.ts";
import type { ConfigDocument, Descriptor } from "./documents.ts";

/**
 * What the index says that has the image, completed by the image's config (OCI image spec,
 * `os.version`, `os.features`); undefined if that is what all configs say.
 */
export function describedPlatform(
  config: ConfigDocument,
  described: Descriptor["platform"],
): ImagePlatform | undefined {
  const { os, architecture } = described ?? config;
  const fits = os === config.os && architecture === config.architecture;
  const sources: readonly Readonly<Record<string, unknown>>[] = [
    ...described ? [described] : [],
    ...fits ? [config] : [],
  ];
  const said = <T>(key: string, isOne: (value: unknown) => value is T) =>
    sources.map((source) => source[key]).find(isOne);
  const variant = said("variant", isText) ?? null;
  const osVersion = said("os.version", isText);
  const osFeatures = said("os.features", areTexts);
  const more = osVersion !== undefined || osFeatures !== undefined;
  if (fits && variant === (config.variant ?? null) && !more) return undefined;
  return {
    os,
    architecture,
    variant,
    ...osVersion === undefined ? {} : { osVersion },
    ...osFeatures === undefined ? {} : { osFeatures },
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}
