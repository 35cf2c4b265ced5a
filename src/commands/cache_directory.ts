/**
 * Where things are kept from run to run.
 * @module
 */

import { join } from "node:path";

/** A directory for `kind`, which may not be there yet. */
export function cacheDirectory(kind: "digests" | "layers" | "machine" | "stream"): string {
  const home = Deno.env.get("HOME");
  const caches = Deno.env.get("XDG_CACHE_HOME") || (home ? join(home, ".cache") : undefined) ||
    Deno.env.get("TMPDIR") || "/tmp";
  return join(caches, "nix-image", kind);
}
