/**
 * Answers that are failures.
 * @module
 */

import type { HttpResponse } from "./client.ts";
import { HttpError } from "./http_error.ts";
import { redacted } from "./redact.ts";
import { retryAfter } from "./retry.ts";

const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * The error for an answer that is none of those expected; the body is left as it is.
 *
 * @param said by the server, besides the status; may be empty
 * @param hint what to do
 */
export function statusError(
  method: string,
  response: Pick<HttpResponse, "status" | "url" | "header">,
  said: string,
  hint: string | undefined,
): HttpError {
  const { status, url } = response;
  return new HttpError(
    `${method} ${redacted(url)}: ${status}${said && ` ${said}`}${hint ? `; ${hint}` : ""}`,
    {
      status,
      transient: TRANSIENT.has(status),
      retryAfter: retryAfter(response.header("retry-after"), Date.now()),
    },
  );
}
