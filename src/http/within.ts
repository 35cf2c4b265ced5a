/**
 * An end to waiting.
 * @module
 */

import { HttpError } from "./http_error.ts";

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
    const error = new HttpError(`${what === undefined ? "" : `${what}: `}it takes too long`);
    timer = setTimeout(() => reject(error), Math.max(milliseconds, 0));
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
