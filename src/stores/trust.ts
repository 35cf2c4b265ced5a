/**
 * Whom to believe what a store says of a path: those whose signature is on it.
 * @module
 */

import { type PublicKey, signerOf } from "../signing/keys.ts";
import { nixBase32, sha256Bytes } from "../store/nix_hash.ts";
import type { StorePath } from "../store/store_path.ts";
import { shortened } from "../visible.ts";
import { decidesNar } from "./content_address.ts";
import type { NarInfo } from "./nar_store.ts";

/** See above. */
export interface Trust {
  readonly keys: readonly PublicKey[];
  /** Whether signatures matter at all. */
  readonly checkSignatures: boolean;
}

const MOST_SHOWN = 200;

/**
 * Why it is not to be believed what a store says of a path, such as `is not signed`; undefined if it
 * is: a trusted key has signed it, or the path itself says what its NAR is.
 */
export function whyUntrusted(path: StorePath, info: NarInfo, trust: Trust): string | undefined {
  const { keys, checkSignatures } = trust;
  if (!checkSignatures || decidesNar(path, info)) return undefined;
  const { signatures } = info;
  if (signerOf(fingerprint(path, info), signatures, keys) !== undefined) return undefined;
  if (signatures.length === 0) return "is not signed";
  const names = new Set(signatures.map((text) => text.slice(0, Math.max(text.indexOf(":"), 0))));
  const known = [...names].find((name) => keys.some((key) => key.name === name));
  return known === undefined
    ? `is signed by ${shortened([...names].join(", "), MOST_SHOWN)}, which is no trusted key`
    : `has a wrong signature by ${known}`;
}

/** What is signed of a path (Nix's `ValidPathInfo::fingerprint`). */
export function fingerprint(path: StorePath, info: NarInfo): string {
  const { narHash, narSize, references, refersToItself } = info;
  const bytes = sha256Bytes(narHash);
  if (bytes === undefined) throw new TypeError(`Not a SHA-256: ${narHash}`);
  const all = [...references, ...refersToItself ? [path] : []].sort();
  return `1;${path};sha256:${nixBase32(bytes)};${narSize};${all.join(",")}`;
}
