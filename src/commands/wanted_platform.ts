/**
 * The options --os, --arch and --variant.
 * @module
 */

import { platformText } from "../base/choose_image.ts";
import type { Platform } from "../base/stored_image.ts";
import { ImageError, UsageError } from "../errors.ts";
import { formatReference, type RegistryReference } from "../registry/reference.ts";
import { impliedVariant, OCI_ARCHITECTURES, ociArchitecture } from "../spec/architecture.ts";

/** Which of the images in an index is meant. */
export interface PlatformOptions {
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
}

/**
 * The platform that options name with OCI's, Nix's or the kernel's words; where they say nothing, it
 * is that of Linux on this host.
 *
 * @param options `arch` may have a variant behind a slash: `arm/v7`
 * @throws {UsageError} if a name is not known, or two variants are given.
 */
export function wantedPlatform(
  { os = "linux", arch = Deno.build.arch, variant }: PlatformOptions,
): Platform {
  const [name = "", written, ...more] = arch.split("/");
  const architecture = ociArchitecture(name);
  if (architecture === undefined || more.length > 0) {
    throw new UsageError(
      `--arch: expected one of ${OCI_ARCHITECTURES.join(", ")}, or another name of one ` +
        `such as aarch64 or arm/v7, found ${JSON.stringify(arch)}`,
    );
  }
  const variants = [variant, written].filter((text) => text !== undefined).map(variantName);
  const own = variants[0] ?? impliedVariant(name);
  if (variants.some((other) => other !== own)) {
    throw new UsageError(`--variant ${variant} and --arch ${arch} name different variants`);
  }
  if (!/^[A-Za-z0-9]+$/.test(os)) {
    throw new UsageError(`--os: expected a name such as linux, found ${JSON.stringify(os)}`);
  }
  return { os: os.toLowerCase(), architecture, variant: own };
}

/** As OCI has it: `v7` for `7`. */
function variantName(text: string): string {
  if (/^v?[a-z0-9.]+$/i.test(text)) return text.toLowerCase().replace(/^(?=\d)/, "v");
  throw new UsageError(`--variant: expected a variant such as v7, found ${JSON.stringify(text)}`);
}

/**
 * Warns where the only image that there is is for another platform.
 *
 * @throws {ImageError} if the options name a platform.
 */
export function checkPlatform(
  reference: RegistryReference,
  found: Platform,
  wanted: Platform,
  { os, arch, variant }: PlatformOptions,
  warn: (message: string) => void,
): void {
  if (found.os === wanted.os && found.architecture === wanted.architecture) return;
  const text = `${formatReference(reference)} is for ${platformText(found)} alone, not for ` +
    platformText(wanted);
  if ((os ?? arch ?? variant) !== undefined) throw new ImageError(text);
  warn(text);
}
