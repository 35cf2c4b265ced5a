/**
 * What commands have to say besides their output.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { PlannedImage } from "../image/planned_image.ts";
import { coloursFor } from "../terminal/colours.ts";
import { tell } from "../terminal/stderr.ts";
import { Details } from "./details.ts";

/** How much a command says: options of nearly all of them, of which one at most is given. */
export interface Talk {
  /** Nothing but errors. */
  readonly quiet?: boolean | undefined;
  /** Also what is done, and what takes time. */
  readonly verbose?: boolean | undefined;
}

/** Where commands put what they have to say. */
export interface Report {
  /** A sentence for the user. */
  readonly warn: (message: string) => void;
  /** What came of the work, on a line: nothing of it is a warning. */
  readonly say?: (message: string) => void;
  /** What the spec's commands print, as it comes; without it, errors have the end of that. */
  readonly output?: (text: string) => void;
  /** What is done, and what takes time; there only if that was asked for. */
  readonly detail?: (message: string) => void;
  /** What takes the time from now on, in a word or two; there only if that was asked for. */
  readonly phase?: (name: string) => void;
}

/** On standard error, or nowhere. Disposing of it tells how long all took, if that was asked for. */
export function reportTo({ quiet, verbose }: Talk): Report & Disposable {
  if (quiet) return { warn: () => {}, [Symbol.dispose]: () => {} };
  const { warning } = coloursFor(Deno.stderr);
  const told = {
    warn: (message: string) => tell(`${warning("nix-image:")} ${message}\n`),
    say: (message: string) => tell(`${message}\n`),
    output: tell,
  };
  if (!verbose) return { ...told, [Symbol.dispose]: () => {} };
  const details = new Details();
  return {
    ...told,
    detail: (message) => details.tell(message),
    phase: (name) => details.phase(name),
    [Symbol.dispose]: () => details[Symbol.dispose](),
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
