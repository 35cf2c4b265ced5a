/**
 * Where things are kept from run to run.
 * @module
 */

import { dirname, join } from "node:path";

/** A directory for `kind`, or the one they are all in; it may not be there yet. */
export function cacheDirectory(
  kind: "images" | "machine" | "stream" | "" = "",
): string {
  return join(ownCaches() ?? (Deno.env.get("TMPDIR") || "/tmp"), "nix-image", kind);
}

/**
 * The same for what is believed when it is found there; undefined where this user has no directory
 * for such things, as in a temporary directory for all, others could write it.
 */
export function trustedCacheDirectory(
  kind: "digests" | "layers" | "listings" | "narinfos",
): string | undefined {
  const caches = ownCaches();
  return caches && join(caches, "nix-image", kind);
}

/** The directory of all that, and whether it is this user's alone. */
export function allCaches(): { readonly path: string; readonly trusted: boolean } {
  return { path: dirname(cacheDirectory("images")), trusted: ownCaches() !== undefined };
}

function ownCaches(): string | undefined {
  const home = Deno.env.get("HOME");
  return Deno.env.get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : undefined);
}
