/**
 * The notations in which Nix's programs write the SHA-256 of a NAR.
 * @module
 */

import { ImageError } from "../errors.ts";

const BASE32 = "0123456789abcdfghijklmnpqrsvwxyz";
const LENGTH = 32;

/**
 * The hash in base 16, from any notation: `sha256:` with base 16, 32 or 64 behind it, or SRI
 * (`sha256-` and base 64).
 *
 * @param of what it is the hash of, for the error
 * @throws {ImageError} if it is none of these.
 */
export function narHashInBase16(text: string, of: string): string {
  const [, digits = ""] = /^(?:sha256[:-])?([^:-]+)$/.exec(text) ?? [];
  const bytes = decode(digits);
  if (bytes) return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  throw new ImageError(`The narHash of ${of} is no SHA-256: ${JSON.stringify(text)}`);
}

/** The notations differ in length. */
function decode(digits: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(digits)) {
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }
  if (/^[A-Za-z0-9+/]{43}=$/.test(digits)) {
    return Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
  }
  return digits.length === 52 ? decodeBase32(digits) : undefined;
}

/** Nix's base 32 is a number with its least digit last, and its least byte first. */
function decodeBase32(digits: string): Uint8Array | undefined {
  let number = 0n;
  for (const digit of digits) {
    const value = BASE32.indexOf(digit);
    if (value < 0) return undefined;
    number = number << 5n | BigInt(value);
  }
  if (number >> BigInt(8 * LENGTH)) return undefined;
  return Uint8Array.from(
    { length: LENGTH },
    (_, index) => Number(number >> BigInt(8 * index) & 0xffn),
  );
}
