/**
 * The option --platform.
 * @module
 */

import type { Platform } from "../base/stored_image.ts";
import { UsageError } from "../errors.ts";

/**
 * Reads what is between slashes: an operating system, an architecture and perhaps a variant.
 *
 * @throws {UsageError} if it is something else.
 */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split("/");
  if (os && architecture && variant !== "" && more.length === 0) {
    return { os, architecture, variant: variant ?? null };
  }
  throw new UsageError(
    `--platform: expected OS/ARCHITECTURE[/VARIANT], such as linux/arm64, found ${
      JSON.stringify(text)
    }`,
  );
}
