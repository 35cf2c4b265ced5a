/**
 * Downloads that go on where they were cut off (RFC 9110, section 14).
 * @module
 */

import type { HttpResponse } from "./client.ts";
import { HttpError } from "./http_error.ts";
import { redacted } from "./redact.ts";
import type { RetryPolicy } from "./retry.ts";

/** Options of {@linkcode resumed}. */
export interface ResumeOptions {
  readonly retries: RetryPolicy;
  readonly onRetry: (error: HttpError) => void;
  /** How long the whole is, in bytes: what is cut off behind its end is not. */
  readonly size?: number | undefined;
  /** Ends it, and the waiting for what comes next. */
  readonly signal?: AbortSignal;
  /** How long it may come at less than 218 bytes a second, in milliseconds; 5 minutes by default. */
  readonly slowest?: number | undefined;
}

/** What has to come for an attempt to be worth it, and in this time of waiting, in milliseconds. */
const WORTH = 1 << 16, SLOWEST = 300_000;

/**
 * What a server sends, as it comes. What is cut off is asked for from there on, as long as something
 * worth it comes each time, or may in a moment.
 *
 * @param get asks with these headers, until there is an answer: 206, or 200 by servers that know no
 * ranges, or have something new
 * @throws {HttpError} if it can not be got whole, or comes too slowly.
 */
export async function* resumed(
  get: (headers: Readonly<Record<string, string>>) => Promise<HttpResponse>,
  { retries, onRetry, size, signal, slowest = SLOWEST }: ResumeOptions,
): AsyncGenerator<Uint8Array> {
  const pace = new Pace(retries.now, slowest);
  let done = 0, poor = 0, validator: Record<string, string> = {};
  while (!signal?.aborted) {
    const before = done;
    const response = await get(done === 0 ? {} : { range: `bytes=${done}-`, ...validator });
    if (done === 0) validator = validatorOf(response);
    let skip = done - startOf(response, done);
    const drop = () => response.drop();
    if (signal?.aborted) return drop();
    signal?.addEventListener("abort", drop);
    try {
      for await (const chunk of pace.timed(response)) {
        const rest = chunk.subarray(Math.min(skip, chunk.length));
        skip -= chunk.length - rest.length;
        done += rest.length;
        if (rest.length > 0) yield rest;
      }
      return;
    } catch (error) {
      if (!(error instanceof HttpError) || !error.transient) throw error;
      if (done === size || signal?.aborted) return;
      poor = done - before < WORTH ? poor + 1 : 0;
      if (poor === retries.attempts) throw error;
      onRetry(error);
      if (poor > 0) await retries.sleep(retries.delay * 2 ** (poor - 1), signal);
    } finally {
      signal?.removeEventListener("abort", drop);
    }
  }
}

/** What says that the rest belongs to what has come: without it, the rest comes in any case. */
function validatorOf(response: HttpResponse): Record<string, string> {
  const tag = response.header("etag");
  // Weak ones do not say that the bytes are the same.
  const strong = tag?.startsWith('"') ? tag : undefined;
  const value = strong ?? response.header("last-modified");
  return value === undefined ? {} : { "if-range": value };
}

/** Where in the whole the answer begins. */
function startOf(response: HttpResponse, asked: number): number {
  if (response.status !== 206) return 0;
  const [, start] = /^bytes (\d{1,15})-/.exec(response.header("content-range") ?? "") ?? [];
  if (start === undefined || Number(start) <= asked) return Number(start ?? asked);
  response.drop();
  const problem = "it answers with another range than it was asked for";
  throw new HttpError(`GET ${redacted(response.url)}: ${problem}`);
}

/** Ends what comes so slowly that it might never end, in several attempts or in one. */
class Pace {
  readonly #now: () => number;
  readonly #slowest: number;
  #waited = 0;
  #count = 0;

  constructor(now: () => number, slowest: number) {
    this.#now = now;
    this.#slowest = slowest;
  }

  async *timed(response: HttpResponse): AsyncGenerator<Uint8Array> {
    const chunks = response.chunks();
    try {
      for (;;) {
        const { value, done } = await this.#next(chunks, response);
        if (done) return;
        yield value;
      }
    } finally {
      await chunks.return(undefined);
    }
  }

  async #next(
    chunks: AsyncGenerator<Uint8Array>,
    { url }: HttpResponse,
  ): Promise<IteratorResult<Uint8Array>> {
    const start = this.#now();
    // The time that it takes to use it does not count.
    const take = (count: number) => {
      if (!this.#isTooSlow(this.#now() - start, count)) return;
      throw new HttpError(`GET ${redacted(url)}: it comes too slowly`);
    };
    let next: IteratorResult<Uint8Array>;
    try {
      next = await chunks.next();
    } catch (error) {
      take(0);
      throw error;
    }
    take(next.value?.length ?? 0);
    return next;
  }

  #isTooSlow(waited: number, count: number): boolean {
    this.#waited += waited;
    this.#count += count;
    if (this.#count >= WORTH / SLOWEST * this.#slowest) this.#waited = this.#count = 0;
    return this.#waited > this.#slowest;
  }
}
