/**
 * Following the redirects of downloads.
 * @module
 */

import type { HttpResponse } from "./client.ts";
import { HttpError } from "./http_error.ts";
import { redacted } from "./redact.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;

/**
 * The first answer that leads nowhere else.
 *
 * @param send asks for a URL, with nothing in it that is for the first host alone
 * @throws {HttpError} if that goes on for ever, or leads to what is not HTTP.
 */
export async function followed(
  method: string,
  first: HttpResponse,
  send: (url: URL) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  let response = first;
  for (let count = 0; REDIRECTS.has(response.status); count++) {
    const location = response.header("location");
    const url = location === undefined ? null : URL.parse(location, response.url);
    response.drop();
    if (url === null || !/^https?:$/.test(url.protocol) || count === MOST_REDIRECTS) {
      throw new HttpError(
        `${method} ${redacted(response.url)}: it is redirected ${
          count === MOST_REDIRECTS ? "in a circle" : "to nowhere"
        }`,
      );
    }
    response = await send(url);
  }
  return response;
}
