/**
 * The version of the byte format that `docs/format.md` describes. Whatever changes a byte of a
 * layer for the same spec and store paths raises it.
 */
export const FORMAT_VERSION = 1;
