/**
 * Which layers need not be sent to who has some already.
 * @module
 */

/** The diff_ids of an image, lowest layer first; undefined where one isn't known. */
export type DiffIds = readonly (string | undefined)[];

/** Gives, of an image's layers, those that are to be left out. */
export type HeldLayers = (diffIds: DiffIds) => ReadonlySet<string>;

/**
 * Of Docker's layers, each is one only together with those below it (OCI image spec, config, ChainID):
 * the layers that an image has from the lowest on in common with one of `images`. A layer that comes
 * again above them is sent.
 *
 * @param images the diff_ids of each image that is there
 */
export function heldChains(images: readonly DiffIds[]): HeldLayers {
  return (diffIds) => {
    const lengths = images.map((own) => commonLength(own, diffIds));
    const length = lengths.reduce((most, own) => Math.max(most, own), 0);
    return known(diffIds.slice(0, length)).difference(known(diffIds.slice(length)));
  };
}

function commonLength(own: DiffIds, diffIds: DiffIds): number {
  const differing = diffIds.findIndex((id, index) => id === undefined || id !== own[index]);
  return differing === -1 ? diffIds.length : differing;
}

/** Where layers stand alone: those with one of these digests, wherever they are. */
export function heldDigests(digests: DiffIds): HeldLayers {
  const held = known(digests);
  return (diffIds) => known(diffIds).intersection(held);
}

function known(diffIds: DiffIds): Set<string> {
  return new Set(diffIds.filter((id): id is string => id !== undefined));
}
