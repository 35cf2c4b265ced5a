/**
 * URLs in messages, without what they may hold of secrets.
 * @module
 */

import { shortened } from "../visible.ts";

/** The queries of the distribution API that are worth showing; others may be tokens. */
const SHOWN = new Set(["digest", "from", "last", "mount", "n", "scope", "service"]);
const MOST = 300;

/** The URL without user and password, and with the values of most of its queries left out. */
export function redacted(url: URL): string {
  const query = Array.from(
    url.searchParams,
    ([name, value]) => `${name}=${SHOWN.has(name) ? value : "REDACTED"}`,
  ).join("&");
  return shortened(`${url.origin}${url.pathname}${query === "" ? "" : `?${query}`}`, MOST);
}
