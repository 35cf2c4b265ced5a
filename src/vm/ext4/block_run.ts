/**
 * What maps of blocks, whatever their form, are read into.
 * @module
 */

/** Blocks of a file that are side by side. */
export interface BlockRun {
  /** The number of the first in the file. */
  readonly logical: number;
  readonly count: number;
  /** The number of the first in the file system; undefined if they were never written: zeros. */
  readonly physical: number | undefined;
}

/** Is told of a block that maps others, before it is read. */
export type MapVisitor = (block: number) => void;
