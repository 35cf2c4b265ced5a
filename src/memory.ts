/**
 * Memory that is done with.
 * @module
 */

/** Frees memory at once: left to the garbage collector, a hundred megabytes of it pile up. */
export function release(buffer: ArrayBufferLike): void {
  (buffer as ArrayBuffer).transfer(0);
}
