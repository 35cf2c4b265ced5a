/**
 * Proxies that the environment names.
 * @module
 */

import { ImageError } from "../errors.ts";
import { proxyFor } from "../http/proxy.ts";
import { redacted } from "../http/redact.ts";
import type { Check } from "./check.ts";
import type { Host } from "./host.ts";

/** A host that no setting excepts by its name. */
const ANY = "registry.invalid";

const NAMES = { http: "http_proxy", https: "HTTPS_PROXY" } as const;

/** The proxies for registries; nothing where there are none. */
export function checkProxies({ proxy }: Host): Check[] {
  const checks = (["https", "http"] as const).flatMap((protocol): Check[] => {
    if (!proxy[protocol]) return [];
    const check = {
      group: "proxies",
      name: NAMES[protocol],
      purpose: `registries over ${protocol}`,
    } as const;
    try {
      const found = proxyFor(new URL(`${protocol}://${ANY}/`), { ...proxy, no: undefined });
      return [{ ...check, status: "ok", message: found ? redacted(found) : "none" }];
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return [{ ...check, status: "failed", message: error.message }];
    }
  });
  if (checks.length === 0 || !proxy.no) return checks;
  return [...checks, {
    group: "proxies",
    name: "NO_PROXY",
    status: "ok",
    message: proxy.no,
    purpose: "hosts without proxy",
  }];
}
