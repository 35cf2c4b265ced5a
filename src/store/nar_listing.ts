/**
 * Listings of NARs.
 * @module
 */

import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/** Stands in. */
export function listedEntries(_json: unknown, _path: StorePath): TreeEntry[] {
  throw new Error("not there yet");
}
