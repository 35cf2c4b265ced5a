/**
 * Ends to waiting.
 * @module
 */

import { HttpError } from "./http_error.ts";

/**
 * What `work` gives, if it does so before the signal.
 *
 * @throws {HttpError} after the signal; what becomes of it then is of no interest.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new HttpError("it was given up"));
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  work.catch(() => {});
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/**
 * What `work` gives, if it does so in this time.
 *
 * @param what it is, for the error
 * @throws {HttpError} if it takes longer; what becomes of it then is of no interest.
 */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  what?: string,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = `${what === undefined ? "" : `${what}: `}it takes too long`;
    const error = new HttpError(problem, { unreachable: true });
    timer = setTimeout(() => reject(error), Math.max(milliseconds, 0));
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
