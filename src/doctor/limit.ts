/**
 * An end to all waiting.
 * @module
 */

import { ImageError } from "../errors.ts";
import { formatDuration } from "../terminal/format.ts";

/** So long a check may take, in milliseconds. */
export const PATIENCE = 5000;

/** So long what was given up may take to clean up, in milliseconds. */
const CLEANUP = 500;

/** What was asked has not answered in time. */
export class LateError extends ImageError {}

/**
 * What `work` gives, if it does so in this time. Then, its signal is aborted.
 *
 * @param signal aborts it at once
 * @throws {LateError} if it takes longer.
 * @throws what `work` throws.
 */
export async function limited<T>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  milliseconds = PATIENCE,
): Promise<T> {
  const late = AbortSignal.timeout(milliseconds);
  const either = AbortSignal.any([signal, late]);
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const end = async () => {
    await Promise.race([settled, sleep(CLEANUP)]);
    const text = `no answer within ${formatDuration(milliseconds)}`;
    ended.reject(new LateError(late.aborted ? text : "given up"));
  };
  either.addEventListener("abort", end);
  const given = work(either);
  const settled = given.then(() => {}, () => {});
  const working = given.catch((error: unknown) => {
    // It fails because it was ended.
    if (either.aborted) return ended.promise;
    throw error;
  });
  try {
    return await Promise.race([working, ended.promise]);
  } finally {
    either.removeEventListener("abort", end);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
