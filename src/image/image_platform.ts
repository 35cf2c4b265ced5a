/**
 * What an image is for, as an index says it (OCI image spec, image index, `platform`).
 * @module
 */

import { compareCodePoints } from "../tar/name.ts";
import type { OrderedJson } from "./json.ts";

/** See above. */
export interface ImagePlatform {
  /** OCI name, such as `linux`. */
  readonly os: string;
  /** OCI name, such as `arm64`. */
  readonly architecture: string;
  /** Such as `v8`; null where none is given. */
  readonly variant: string | null;
  /** The version that it needs (`os.version`), of Windows as a rule. */
  readonly osVersion?: string;
  /** What it needs of the system besides (`os.features`). */
  readonly osFeatures?: readonly string[];
}

/** The object that an index has for it. */
export function platformJson(platform: ImagePlatform): OrderedJson {
  const { architecture, os, osVersion, osFeatures, variant } = platform;
  return {
    architecture,
    os,
    ...osVersion === undefined ? {} : { "os.version": osVersion },
    ...osFeatures === undefined ? {} : { "os.features": osFeatures },
    ...variant === null ? {} : { variant },
  };
}

/** For people: `linux/arm64/v8`, and what there is besides. */
export function platformName(platform: ImagePlatform): string {
  const { os, architecture, variant, osVersion, osFeatures = [] } = platform;
  const name = [os, architecture, ...variant === null ? [] : [variant]].join("/");
  return [name, ...osVersion === undefined ? [] : [osVersion], ...osFeatures].join(" ");
}

/** The variants that are left out most often (containerd, platforms.Normalize). */
const USUAL_VARIANT: ReadonlyMap<string, string> = new Map([["arm64", "v8"], ["arm", "v7"]]);

/** Whether an engine could not tell one from the other. */
export function isSamePlatform(a: ImagePlatform, b: ImagePlatform): boolean {
  const key = (platform: ImagePlatform) => {
    const { os, architecture, variant, osVersion, osFeatures = [] } = platform;
    const usual = variant ?? USUAL_VARIANT.get(architecture);
    return JSON.stringify([os, architecture, usual, osVersion, osFeatures.toSorted()]);
  };
  return key(a) === key(b);
}

/** By system, architecture, variant, version and features; what is not given comes first. */
export function comparePlatforms(a: ImagePlatform, b: ImagePlatform): number {
  const parts = (
    { os, architecture, variant, osVersion = "", osFeatures = [] }: ImagePlatform,
  ) => [os, architecture, variant ?? "", osVersion, ...osFeatures];
  const [first, second] = [parts(a), parts(b)];
  for (const [index, part] of first.entries()) {
    const order = compareCodePoints(part, second[index] ?? "");
    if (order !== 0) return order;
  }
  return first.length - second.length;
}
