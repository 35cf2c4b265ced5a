/**
 * Which files NARs have, as hosts tell one another.
 * @module
 */

/**
 * Listings of NARs (Nix manual, "Nix Archive Listing") that several hosts share, by the hashes of the
 * NARs: `sha256:` and 64 hexadecimal digits. None of it fails: what can not be had is not there, what
 * can not be written is not written.
 */
export interface SharedListings {
  /**
   * What others have read in a NAR, if they are to be believed, and whether it is signed: then it may
   * be kept.
   *
   * @param parse throws an {@linkcode ImageError} if it is no listing: then it is not there
   */
  get<T>(
    narHash: string,
    parse: (text: string) => T,
  ): Promise<{ readonly value: T; readonly signed: boolean } | undefined>;
  /** Tells others what is in a NAR that was read to its end, in the background. */
  put(narHash: string, text: string): void;
  /** Does so if nobody has told them. */
  offer(narHash: string, text: string): void;
}
