/**
 * A top layer that has been made already.
 * @module
 */

import type { TarFormat } from "../tar/tar_header.ts";

/** A file with the members of a top layer. Plain data. */
export interface FinishedTop {
  /** Where it is. */
  readonly file: string;
  /** Bytes of its members; the file is no longer: the end of an archive is not in it. */
  readonly size: number;
  /** How the members are written. */
  readonly format: TarFormat;
  /** `sha256:` and 64 hexadecimal digits: of the members. */
  readonly digest: string;
  /** Whether it has `nix`, so that a layer need not add it. */
  readonly hasNix: boolean;
  /** Whether it has `nix/store`. */
  readonly hasStore: boolean;
}
