/**
 * What making an image needs for store paths that are not on the disk.
 * @module
 */

import type { NarPaths } from "../store/nar_path.ts";
import type { StoreFiles } from "../store/store_files.ts";

/** See above. */
export interface PathsElsewhere {
  /** Which they are, and how layers read them. */
  readonly nars: NarPaths;
  /** Has those on the disk that are needed as files. */
  readonly files: StoreFiles;
  /**
   * Gives a private directory for layers whose size has to be known before their bytes and is not.
   */
  readonly spool: () => Promise<string>;
}
