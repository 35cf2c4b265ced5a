/**
 * Doing again what may succeed in a moment.
 * @module
 */

import { HttpError } from "./http_error.ts";

/** How often, and after how long. */
export interface RetryPolicy {
  /** At most so many, the first one included. */
  readonly attempts: number;
  /** Before the second attempt, in milliseconds; doubled each time. */
  readonly delay: number;
  /** The longest delay, a server's own wish included. */
  readonly longestDelay: number;
  /** No attempt begins so many milliseconds after the first one. */
  readonly total: number;
  /** From 0 to 1: spreads what many clients do at the same time. */
  readonly random: () => number;
  /** Waits, until the signal at most. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
}

/** Some seconds in all, unless a server asks for more. */
export const RETRY_POLICY: RetryPolicy = {
  attempts: 6,
  delay: 250,
  longestDelay: 60_000,
  total: 300_000,
  random: Math.random,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal?.addEventListener("abort", end);
      if (signal?.aborted) end();
    }),
  now: () => performance.now(),
};

/** What was tried often enough already, as a part of what is tried. */
const givenUp = new WeakSet<HttpError>();

/**
 * Calls `attempt` until it succeeds or fails for good.
 *
 * @param onRetry told of the failure before the next attempt
 * @param signal after which there is none
 * @throws {HttpError} what the last attempt failed with; if the server wants us to wait for
 * longer than we do, at once.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  attempt: () => Promise<T>,
  onRetry: (error: HttpError) => void = () => {},
  signal?: AbortSignal,
): Promise<T> {
  const start = policy.now();
  for (let count = 1;; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof HttpError) || !error.transient || givenUp.has(error)) throw error;
      if (signal?.aborted) throw error;
      const backoff = policy.delay * 2 ** (count - 1) * (0.5 + policy.random());
      const wait = Math.max(error.retryAfter ?? 0, Math.min(backoff, policy.longestDelay));
      const late = policy.now() - start + wait > policy.total;
      if (count >= policy.attempts || late || wait > policy.longestDelay) {
        givenUp.add(error);
        throw error;
      }
      onRetry(error);
      await policy.sleep(wait, signal);
      if (signal?.aborted) throw error;
    }
  }
}

/**
 * The milliseconds of a `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
 *
 * @param now in milliseconds since the epoch
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}
