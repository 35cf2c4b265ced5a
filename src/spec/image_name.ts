/**
 * The grammar of image references, after the distribution project's `reference` package.
 * @module
 */

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = String.raw`(?:${LABEL}(?:\.${LABEL})*|\[[A-Fa-f0-9:]+\])(?::[0-9]+)?`;
const COMPONENT = "[A-Za-z0-9]+(?:(?:[._]|__|-+)[A-Za-z0-9]+)*";

/**
 * A repository name before lower-casing, of at most 255 characters: an optional registry host with
 * an optional port, and path components. Engines take 64 hexadecimal digits for an image ID, so
 * that is no name.
 */
export const IMAGE_NAME = new RegExp(
  `^(?=.{1,255}$)(?![A-Fa-f0-9]{64}$)(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*$`,
);

/** A tag. */
export const IMAGE_TAG = /^\w[\w.-]{0,127}$/;
