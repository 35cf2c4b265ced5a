/**
 * The notations in which Nix's programs write a SHA-256.
 * @module
 */

const BASE32 = "0123456789abcdfghijklmnpqrsvwxyz";
const LENGTH = 32;

/**
 * The bytes of a hash in any notation: base 16, 32 or 64, with or without `sha256:` before it, or SRI
 * (`sha256-` and base 64); undefined if it is none of these.
 */
export function sha256Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const [, digits = ""] = /^(?:sha256[:-])?([^:-]+)$/.exec(text) ?? [];
  return decode(digits);
}

/** The notations differ in length. */
function decode(digits: string): Uint8Array<ArrayBuffer> | undefined {
  if (/^[0-9a-f]{64}$/i.test(digits)) {
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  }
  if (/^[A-Za-z0-9+/]{43}=$/.test(digits)) {
    return Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
  }
  return digits.length === 52 ? decodeBase32(digits) : undefined;
}

/** Nix's base 32 is a number with its least digit last, and its least byte first. */
function decodeBase32(digits: string): Uint8Array<ArrayBuffer> | undefined {
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

/** A hash in Nix's base 32. */
export function nixBase32(hash: Uint8Array): string {
  let number = hash.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n);
  let digits = "";
  for (let left = Math.ceil(hash.length * 8 / 5); left > 0; left--, number >>= 5n) {
    digits = BASE32[Number(number & 31n)] + digits;
  }
  return digits;
}
