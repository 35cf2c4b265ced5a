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
  const aborting = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  let timer = setTimeout(
    () => end(`no answer within ${formatDuration(milliseconds)}`),
    milliseconds,
  );
  const end = (text: string) => {
    clearTimeout(timer);
    aborting.abort();
    timer = setTimeout(() => ended.reject(new LateError(text)), CLEANUP);
    settled.then(() => ended.reject(new LateError(text)));
  };
  const giveUp = () => end("given up");
  signal.addEventListener("abort", giveUp);
  const given = work(aborting.signal);
  const settled = given.then(() => {}, () => {});
  const working = given.catch((error: unknown) => {
    // It fails because it was ended.
    if (aborting.signal.aborted) return ended.promise;
    throw error;
  });
  try {
    return await Promise.race([working, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}
