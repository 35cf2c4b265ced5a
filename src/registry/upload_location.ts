/**
 * Where a registry wants the bytes of an upload.
 * @module
 */

import { lookup } from "node:dns/promises";
import { isAddress, isPrivateAddress } from "../http/addresses.ts";
import { HttpError } from "../http/http_error.ts";
import { redacted } from "../http/redact.ts";

/** Options of {@linkcode uploadLocation}. */
export interface LocationOptions {
  /** Whether another host is asked through a proxy, which looks it up for us. */
  readonly isProxied: (url: URL) => boolean;
  /** The addresses of a host. */
  readonly addressesOf?: (hostname: string) => Promise<readonly string[]>;
}

/**
 * The URL in a `Location` of an upload.
 *
 * It may lead to another host, as to a store of objects. But it must not lead to one on a private
 * network: a registry could have us send requests, which it thinks out, to services that trust
 * whoever reaches them, such as those that give a cloud's machines their credentials.
 *
 * @param from what was asked
 * @throws {HttpError} if there is none, or it must not be followed.
 */
export async function uploadLocation(
  from: URL,
  location: string | undefined,
  { isProxied, addressesOf = lookUp }: LocationOptions,
): Promise<URL> {
  const url = location === undefined ? null : URL.parse(location, from);
  const refuse = (why: string) => new HttpError(`POST ${redacted(from)}: ${why}`);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refuse("the registry says nothing of where to upload to (Location)");
  }
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw refuse(`the registry has uploads sent without TLS, to ${redacted(url)}`);
  }
  if (url.hostname === from.hostname) return url;
  const addresses = isAddress(url.hostname)
    ? [url.hostname]
    : isProxied(url)
    ? []
    : await addressesOf(url.hostname);
  if (addresses.some(isPrivateAddress)) {
    throw refuse(`the registry has uploads sent to another, private host: ${redacted(url)}`);
  }
  return url;
}

async function lookUp(hostname: string): Promise<string[]> {
  try {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HttpError(`Cannot look up ${hostname}: ${reason}`, { cause, transient: true });
  }
}
