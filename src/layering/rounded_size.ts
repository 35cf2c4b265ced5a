/**
 * Sizes that small changes leave alone.
 * @module
 */

/** What a layer costs beside its contents, about: requests, headers and bookkeeping. */
const LEAST = 2 ** 16;

/**
 * The power of two that a size is nearest to, but 64 KiB at least. A plan made of such sizes is the
 * same for the next version, where most sizes differ by little; that is worth more than a
 * grouping that fits this version's sizes best.
 *
 * @param size in bytes
 */
export function roundedSize(size: number): number {
  let rounded = LEAST;
  // The border between a power and its double is their geometric mean.
  while (size / rounded * (size / rounded) > 2) rounded *= 2;
  return rounded;
}
