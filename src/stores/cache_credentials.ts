/**
 * What binary caches know us by: passwords by host (netrc), and tokens.
 * @module
 */

import { ImageError, UsageError } from "../errors.ts";
import { loginFor } from "../http/netrc.ts";
import type { CacheCredentials } from "./http_files.ts";

/** Where credentials are. */
export interface CredentialPlaces {
  /** The file with passwords. */
  readonly netrcFile: string;
  /** What names that file, for errors; it has to be there then. */
  readonly netrcFrom?: string | undefined;
  /** Tokens: lines of `HOST TOKEN`, or one token alone, for the only cache that is asked. */
  readonly tokens?: string | undefined;
  /** Where these come from, for errors. */
  readonly tokensFrom?: string | undefined;
}

/**
 * The credentials of caches: a token, or else a password.
 *
 * @param caches those that are asked: a token without a host is for one alone
 * @throws {UsageError} if it is not clear whose token it is.
 * @throws {ImageError} if a file can not be read.
 */
export function cacheCredentials(
  places: CredentialPlaces,
  caches: readonly URL[],
): (url: URL) => CacheCredentials | undefined {
  const asked = caches.filter(({ protocol }) => /^https?:$/.test(protocol));
  if (asked.length === 0) return () => undefined;
  const netrc = readNetrc(places);
  const { tokens = "", tokensFrom = "the token" } = places;
  const byHost = tokensIn(tokens, tokensFrom, asked);
  return ({ host, hostname }) => {
    const token = byHost.get(host) ?? byHost.get(hostname);
    return token === undefined ? loginFor(netrc, hostname) : { token };
  };
}

function readNetrc({ netrcFile, netrcFrom }: CredentialPlaces): string {
  try {
    return Deno.readTextFileSync(netrcFile);
  } catch (cause) {
    // As in Nix: that of the system may be for root alone.
    if (netrcFrom === undefined && cause instanceof Error && "code" in cause) return "";
    const reason = cause instanceof Error ? cause.message : String(cause);
    const from = netrcFrom === undefined ? "" : ` (${netrcFrom})`;
    throw new ImageError(`Cannot read the netrc file ${netrcFile}${from}: ${reason}`, { cause });
  }
}

function tokensIn(text: string, from: string, caches: readonly URL[]): Map<string, string> {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== "");
  const wrong = new UsageError(
    `${from}: expected lines of HOST TOKEN, or one token alone where one cache is asked`,
  );
  // What is in a header has no other letters; no message shows any of it.
  if (!lines.flat().every((word) => /^[!-~]+$/.test(word))) throw wrong;
  const [[only = "", ...others] = []] = lines;
  if (lines.length === 1 && others.length === 0) {
    const hosts = new Set(caches.map(({ host }) => host));
    if (hosts.size > 1) throw wrong;
    return new Map(Array.from(hosts, (host) => [host, only]));
  }
  return new Map(lines.map(([host = "", token, ...more]) => {
    if (token === undefined || more.length > 0) throw wrong;
    return [host.toLowerCase(), token];
  }));
}
