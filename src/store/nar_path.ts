/**
 * Store paths that are read from NARs.
 * @module
 */

import type { StorePath } from "./store_path.ts";
import type { TreeEntry } from "./tree.ts";

/** A store path that is not on the disk. */
export interface NarPath {
  /** The size of its NAR in bytes, as whoever vouches for the path says. */
  readonly narSize: number;
  /** The SHA-256 of that: `sha256:` and 64 hexadecimal digits. */
  readonly narHash: string;
  /** The store that it comes from, for messages. */
  readonly from: string;
  /**
   * Its NAR, uncompressed, as it comes: a readable byte stream. It fails with an
   * {@linkcode ImageError} that names the path and the store if it can not be had whole, and at its
   * end if it has another hash or size than it should: until then nothing of it is to be relied on.
   */
  open(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Its files, in the order of a layer, where they can be known without the NAR. Who told may err:
   * what is read from the NAR counts.
   */
  entries(): Promise<readonly TreeEntry[] | undefined>;
}

/** The store paths that are read from NARs; undefined for one that is on the disk. */
export type NarPaths = (path: StorePath) => NarPath | undefined;
