/**
 * Stores that are elsewhere: what they have is asked for by path, and comes as NARs.
 * @module
 */

import type { PathInfo } from "../store/closure.ts";
import type { StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";

/** What a store says of a path that it has. */
export interface NarInfo extends PathInfo {
  /** The SHA-256 of the NAR: `sha256:` and 64 hexadecimal digits. */
  readonly narHash: string;
  /** `NAME:BASE64`, each of the path with what is said of it. */
  readonly signatures: readonly string[];
  /** The content address, such as `fixed:r:sha256:…` or `text:sha256:…`. */
  readonly contentAddress?: string;
}

/** A store that is elsewhere. */
export interface NarStore extends Disposable {
  /** Its URL without secrets, for messages. */
  readonly name: string;
  /**
   * Whether what it says counts without signatures, as it is a store of this host that Nix itself
   * keeps.
   */
  readonly isTrusted: boolean;
  /**
   * What it says of those of `paths` that it has.
   *
   * @throws {ImageError} if it can not be asked, or says what can not be.
   */
  infosOf(paths: readonly StorePath[]): Promise<ReadonlyMap<StorePath, NarInfo>>;
  /**
   * The NAR of a path that it has, uncompressed, as it comes: neither hash nor size are looked at,
   * but for what bounds memory and disk. Begins to fetch when it is read.
   */
  open(path: StorePath, info: NarInfo): ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The files of such a path, in the order of a layer, where it tells without its NAR. */
  entriesOf(path: StorePath): Promise<readonly TreeEntry[] | undefined>;
}
