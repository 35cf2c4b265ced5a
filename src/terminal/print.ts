/**
 * Short texts on standard output, and what it means if they can't be written.
 * @module
 */

import { ImageError } from "../errors.ts";

/** The consumer of the output went away: exit with status 1 and without a message. */
export class ConsumerGone extends ImageError {
  override readonly quiet = true;
}

/**
 * Writes a text to standard output, which must not be non-blocking and full.
 *
 * @throws {ConsumerGone} if the reader of a pipe or socket closed it
 * @throws {ImageError} if writing failed otherwise
 */
export function printNow(text: string): void {
  try {
    for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
      rest = rest.subarray(Deno.stdout.writeSync(rest));
    }
  } catch (error) {
    failedWrite(error);
  }
}

/** Throws what it means that standard output can't be written: see {@linkcode printNow}. */
export function failedWrite(cause: unknown): never {
  if (cause instanceof ImageError) throw cause;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (cause instanceof Deno.errors.BrokenPipe || code === "EPIPE" || code === "ECONNRESET") {
    throw new ConsumerGone("The consumer of standard output went away", { cause });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  throw new ImageError(`Cannot write to standard output: ${reason}`, { cause });
}
