/**
 * Failures to reach a store at all, as against what it answers.
 * @module
 */

import { ImageError } from "../errors.ts";
import { HttpError } from "../http/http_error.ts";

/** A store that Nix reads for us can not be reached. */
export class UnreachableError extends ImageError {}

/**
 * Whether a store may be fine, and another one do for now: nobody answers, or answers that it can
 * not. Who refuses us, or is no store, is a mistake that somebody has to mend.
 */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof HttpError) return error.unreachable;
  if (error instanceof UnreachableError) return true;
  // An error that names the path has that of the request as its cause.
  return error instanceof ImageError && isUnreachable(error.cause);
}
