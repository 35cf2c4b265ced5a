/**
 * Whom to believe in a cache of layers.
 * @module
 */

import { shortened } from "../visible.ts";
import type { CacheEntry } from "./cache_entry.ts";
import { type PublicKey, signerOf, type SigningKey } from "../signing/keys.ts";

/** Whom to believe, and as whom to write. */
export interface CacheTrust {
  /** Signs what is written, and is believed. */
  readonly signingKey?: SigningKey | undefined;
  /** Are believed, too. */
  readonly publicKeys: readonly PublicKey[];
  /** Whether all that is in the repository is believed. Without keys, entries go out unsigned. */
  readonly anyone: boolean;
}

/** Whether entries are written by those who trust so. */
export function canWrite({ signingKey, publicKeys, anyone }: CacheTrust): boolean {
  return signingKey !== undefined || anyone && publicKeys.length === 0;
}

/** All keys that are believed. */
export function trustedKeys({ signingKey, publicKeys }: CacheTrust): readonly PublicKey[] {
  return signingKey === undefined ? publicKeys : [signingKey.publicKey, ...publicKeys];
}

const MOST_SHOWN = 200;

/** Why an entry is not to be believed; undefined if it is signed with one of the keys. */
export function distrust(
  { statement, signatures }: CacheEntry,
  keys: readonly PublicKey[],
): string | undefined {
  if (signerOf(statement, signatures, keys) !== undefined) return undefined;
  if (signatures.length === 0) return "is not signed";
  const names = signatures.map((signature) => signature.slice(0, signature.indexOf(":")));
  const known = names.find((name) => keys.some((key) => key.name === name));
  return known === undefined
    ? `is signed by no key that is trusted here, but by ${shortened(names.join(", "), MOST_SHOWN)}`
    : `has a wrong signature by ${known}`;
}
