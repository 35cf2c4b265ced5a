/**
 * Which requests go through a proxy, by the values that curl, Go and others take from the
 * environment.
 * @module
 */

import { UsageError } from "../errors.ts";
import { isLoopback } from "./addresses.ts";

/** The values of variables; undefined or empty for none. */
export interface ProxySettings {
  /** `HTTP_PROXY`: for http URLs. */
  readonly http?: string | undefined;
  /** `HTTPS_PROXY`: for https URLs. */
  readonly https?: string | undefined;
  /** `NO_PROXY`: hosts, domains and ports with commas between them, or `*`. */
  readonly no?: string | undefined;
}

/**
 * The proxy for a URL; undefined for none. There is none for this host itself, as in Go.
 *
 * @throws {UsageError} if the setting is no http URL.
 */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const isHttps = url.protocol === "https:";
  const setting = isHttps ? settings.https : settings.http;
  if (!setting || isLoopback(url.hostname) || isExcepted(url, settings.no ?? "")) return undefined;
  const proxy = URL.parse(setting.includes("://") ? setting : `http://${setting}`);
  if (proxy?.protocol === "http:") return proxy;
  // The setting itself may hold a password.
  throw new UsageError(
    `${isHttps ? "HTTPS_PROXY" : "HTTP_PROXY"}: expected the URL of a proxy, http://HOST:PORT`,
  );
}

function isExcepted({ hostname, port, protocol }: URL, exceptions: string): boolean {
  const actual = port || (protocol === "https:" ? "443" : "80");
  return exceptions.split(",").map((text) => text.trim().toLowerCase()).some((exception) => {
    if (exception === "*") return true;
    const [, name = "", wanted] = /^(.*?)(?::(\d+))?$/.exec(exception) ?? [];
    if (name === "" || wanted !== undefined && wanted !== actual) return false;
    const domain = name.replace(/^\*?\./, "");
    return hostname === domain || hostname.endsWith(`.${domain}`);
  });
}
