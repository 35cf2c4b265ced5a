/**
 * What to say of a script that has failed.
 * @module
 */

import { ImageError } from "../errors.ts";
import { indent } from "./run.ts";

/** A script's end with another status than 0. */
export interface FailedScript {
  /** The field of the spec that holds it. */
  readonly field: string;
  readonly script: string;
  readonly status: number | string;
  /** The line of its text that failed, counted from 1, if that is known. */
  readonly line: number | undefined;
  /** The end of what it printed, if nobody has seen that. */
  readonly output: string;
  /** A line that may help. */
  readonly hint?: string | undefined;
}

/** The error for it. */
export function scriptFailure(
  { field, script, status, line, output, hint }: FailedScript,
): ImageError {
  const source = line === undefined ? "" : script.split("\n")[line - 1]?.trim() ?? "";
  const place = line === undefined ? "" : ` at line ${line}`;
  const what = `${field} failed with exit status ${status}${place}`;
  const details = (output.trim() && `\n${indent(output)}`) + (hint ? `\n${hint}` : "");
  return new ImageError(what + (source || details ? ":" : "") + (source && ` ${source}`) + details);
}
