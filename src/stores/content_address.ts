/**
 * Store paths that follow from what they hold (Nix's `src/libstore/store-api.cc`, "makeStorePath").
 * @module
 */

import { createHash } from "node:crypto";
import { nixBase32, sha256Bytes } from "../store/nix_hash.ts";
import { namePart, STORE_DIR, type StorePath } from "../store/store_path.ts";
import type { NarInfo } from "./nar_store.ts";

/**
 * Whether a path can have no other NAR than the one of the info: then who says so does not matter.
 *
 * That is so of the paths of `fixed:r:sha256:…`, whose hash is that of the NAR. Other content
 * addresses say nothing of the NAR before all of it is read: those of files (`text:…`,
 * `fixed:sha256:…`), of what refers to itself (the hash is of the NAR without these references), and
 * of other hashes. They count as if they weren't there.
 */
export function decidesNar(path: StorePath, info: NarInfo): boolean {
  const [, digits] = /^fixed:r:(sha256:.+)$/.exec(info.contentAddress ?? "") ?? [];
  const hash = digits === undefined ? undefined : sha256Bytes(digits);
  if (hash === undefined || info.refersToItself) return false;
  const base16 = hexOf(hash);
  return info.narHash === `sha256:${base16}` && sourcePath(path, base16, info.references) === path;
}

/** The path of a tree of files with this NAR (`makeFixedOutputPath`). */
function sourcePath(path: StorePath, narHash: string, references: readonly StorePath[]): string {
  const type = ["source", ...references.toSorted()].join(":");
  const name = namePart(path);
  const fingerprint = `${type}:sha256:${narHash}:${STORE_DIR}:${name}`;
  return `${STORE_DIR}/${nixBase32(compressed(sha256(fingerprint), 20))}-${name}`;
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** A hash in fewer bytes (`compressHash`). */
function compressed(hash: Uint8Array, length: number): Uint8Array {
  const short = new Uint8Array(length);
  hash.forEach((byte, index) => short[index % length]! ^= byte);
  return short;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
