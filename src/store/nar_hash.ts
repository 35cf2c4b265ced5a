/**
 * The hash of a NAR, in the notations in which Nix's programs write it.
 * @module
 */

import { ImageError } from "../errors.ts";
import { sha256Bytes } from "./nix_hash.ts";

/**
 * The hash in base 16, from any notation that {@linkcode sha256Bytes} knows.
 *
 * @param of what it is the hash of, for the error
 * @throws {ImageError} if it is none of these.
 */
export function narHashInBase16(text: string, of: string): string {
  const bytes = sha256Bytes(text);
  if (bytes) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  throw new ImageError(`The narHash of ${of} is no SHA-256: ${JSON.stringify(text)}`);
}
