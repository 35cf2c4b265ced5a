/**
 * What sources make of the root file system.
 * @module
 */

import type { RootTree } from "./root_tree.ts";

/** A root file system made from sources. */
export interface RootLayout {
  /** The root itself may be missing; of all other entries the parents are there. */
  readonly tree: RootTree;
  /** What was left out or is not as in the source, and is no clash: one sentence each. */
  readonly notices: readonly string[];
  /** Paths that two sources had, and which of them has lost: one sentence each. */
  readonly clashes: readonly string[];
  /**
   * Ends what is held open for the content of files: programs and temporary files without a name,
   * which end with the process too. Nothing of the tree can be opened afterwards.
   */
  readonly close?: (() => Promise<void>) | undefined;
}
