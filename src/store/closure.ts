/**
 * Closures: store paths with their references and sizes.
 * @module
 */

import type { StorePath } from "./store_path.ts";

/** What the store knows of a path. */
export interface PathInfo {
  /** The paths it mentions, without itself, sorted by code point. */
  readonly references: readonly StorePath[];
  /** The size of its NAR in bytes. */
  readonly narSize: number;
  /** The hash of its NAR as the source of the closure writes it, such as `sha256:…`. */
  readonly narHash?: string;
}

/** Store paths closed under references: each path that one refers to is a key too. */
export type Closure = ReadonlyMap<StorePath, PathInfo>;
