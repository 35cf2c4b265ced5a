/**
 * What commands have to say besides their output.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { PlannedImage } from "../image/planned_image.ts";
import { stderrOutput } from "../terminal/stderr.ts";

/** Where commands put what they have to say. */
export interface Report {
  /** A sentence for the user. */
  readonly warn: (message: string) => void;
  /** What the spec's commands print, as it comes; without it, errors have the end of that. */
  readonly output?: (text: string) => void;
}

/** On standard error, or nowhere. */
export function reportTo(quiet: boolean | undefined): Report {
  if (quiet) return { warn: () => {} };
  return {
    warn: (message) => console.error(`nix-image: ${message}`),
    output: (text) => stderrOutput.write(text),
  };
}

/**
 * Reports what was noticed about an image.
 *
 * @throws {ImageError} under `strict` if two sources have the same path.
 */
export function reportNotices(
  { notices, clashes }: Pick<PlannedImage, "notices" | "clashes">,
  strict: boolean | undefined,
  report: Report,
): void {
  for (const notice of notices) report.warn(notice);
  if (strict && clashes.length > 0) {
    throw new ImageError(`The same path comes from two sources:\n  ${clashes.join("\n  ")}`);
  }
  for (const clash of clashes) report.warn(clash);
}
