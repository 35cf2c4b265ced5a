/**
 * Keys of binary caches and of caches of layers, in Nix's own format
 * (`nix-store --generate-binary-cache-key`): ed25519 (RFC 8032), a name and base 64 with a colon
 * between them.
 *
 * No message has anything of a key but its name.
 * @module
 */

import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { ImageError } from "../errors.ts";

/** A key that signatures are checked with. */
export interface PublicKey {
  readonly name: string;
  readonly key: KeyObject;
}

/** A key that signs, and the one that its signatures are checked with. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  /** The signature over a text: `NAME:BASE64`. */
  sign(text: string): string;
}

/** What signatures and keys are called: printable, without what stands between them. */
const NAME = /^[!-+\--9;-~]{1,100}$/;
const SEED = 32, PUBLIC = 32, SIGNATURE = 64;
/** What stands before the bytes of a key in DER (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/**
 * Reads a secret key: `NAME:BASE64` of 64 bytes, seed and public key.
 *
 * @param where it comes from, for errors
 * @throws {ImageError} if it is none.
 */
export function parseSigningKey(text: string, where: string): SigningKey {
  const { name, bytes } = named(text.trim()) ?? {};
  if (name === undefined || bytes?.length !== SEED + PUBLIC) {
    throw new ImageError(
      `${where}: expected a secret key as nix-store --generate-binary-cache-key writes it` +
        (bytes?.length === PUBLIC ? "; this is a public one" : ""),
    );
  }
  const der = Buffer.concat([PKCS8, bytes.subarray(0, SEED)]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const signed = (text: string) =>
    `${name}:${sign(null, Buffer.from(text), secret).toString("base64")}`;
  const key = publicKeyOf(bytes.subarray(SEED));
  // What is signed with one half is of no use to those who have another one.
  if (key !== undefined && signerOf("", [signed("")], [{ name, key }]) === name) {
    return { publicKey: { name, key }, sign: signed };
  }
  throw new ImageError(`${where}: the secret key is damaged: its halves do not belong together`);
}

/**
 * Reads public keys, `NAME:BASE64` of 32 bytes, with white space between them.
 *
 * @param where they come from, for errors
 * @throws {ImageError} if something else is there, or nothing.
 */
export function parsePublicKeys(text: string, where: string): PublicKey[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const keys = words.map((word) => {
    const { name, bytes } = named(word) ?? {};
    const key = bytes?.length === PUBLIC ? publicKeyOf(bytes) : undefined;
    if (name !== undefined && key !== undefined) return { name, key };
    throw new ImageError(
      bytes?.length === SEED + PUBLIC
        ? `${where}: this is a secret key; give the public one that belongs to it`
        : `${where}: expected public keys, each NAME:BASE64 of 32 bytes`,
    );
  });
  if (keys.length > 0) return keys;
  throw new ImageError(`${where}: expected public keys, and nothing is there`);
}

/** The name of the key of which one of the signatures is; undefined if of none of them. */
export function signerOf(
  text: string,
  signatures: readonly string[],
  keys: readonly PublicKey[],
): string | undefined {
  for (const signature of signatures) {
    const { name, bytes } = named(signature) ?? {};
    if (bytes?.length !== SIGNATURE) continue;
    const isBy = (key: PublicKey) =>
      key.name === name && verify(null, Buffer.from(text), key.key, bytes);
    if (keys.some(isBy)) return name;
  }
  return undefined;
}

/** Whether a text has the form of a signature. */
export function isSignature(text: string): boolean {
  return named(text)?.bytes.length === SIGNATURE;
}

const BASE64 = /^[A-Za-z0-9+/]{1,200}={0,2}$/;

function named(text: string): { readonly name: string; readonly bytes: Buffer } | undefined {
  const colon = text.indexOf(":");
  const [name, base64] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (!NAME.test(name) || !BASE64.test(base64) || base64.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? { name, bytes } : undefined;
}

/** The key of these 32 bytes; undefined if they are none. */
function publicKeyOf(bytes: Uint8Array): KeyObject | undefined {
  try {
    const der = Buffer.concat([SPKI, bytes]);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    // It is looked at when it is used.
    verify(null, Buffer.alloc(0), key, Buffer.alloc(SIGNATURE));
    return key;
  } catch {
    return undefined;
  }
}
