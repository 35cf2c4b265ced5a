/**
 * What `nix path-info --json` says of store paths.
 *
 * The forms: a list of objects with `path` (Nix 2.4 to 2.18); an object by path (2.19); an object with
 * `version`, and by the last components of paths in `info`
 * (https://nix.dev/manual/nix/latest/protocols/json/store-object-info).
 * @module
 */

import { ImageError } from "../errors.ts";
import { referencesFrom } from "../store/closure.ts";
import { nixBase32, sha256Bytes } from "../store/nix_hash.ts";
import { isStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { quoted } from "../visible.ts";
import type { NarInfo } from "./nar_store.ts";

/**
 * Reads the output of `nix path-info --json`. Paths that the store does not have are left out.
 *
 * @param store what to call it in errors
 * @throws {ImageError} if it is no such output, or says what no store can say.
 */
export function parsePathInfos(text: string, store: string): Map<StorePath, NarInfo> {
  const infos = new Map<StorePath, NarInfo>();
  for (const [name, value] of records(text, store)) {
    // Of what is not there, 2.8 says that it isn't valid, and 2.19 nothing.
    if (value === null || isObject(value) && value.valid === false) continue;
    const path = storePathOf(name);
    if (path === undefined) {
      throw new ImageError(`The store ${store} tells of ${quoted(name)}, which is no store path`);
    }
    infos.set(path, infoOf(path, value, store));
  }
  return infos;
}

function records(text: string, store: string): [path: string, info: unknown][] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ImageError(`Of the store ${store}, nix path-info prints what is no JSON`, {
      cause: error,
    });
  }
  if (Array.isArray(json)) {
    return json.map((value) => [isObject(value) ? String(value.path) : "", value]);
  }
  if (isObject(json)) return Object.entries(isObject(json.info) ? json.info : json);
  throw new ImageError(
    `Of the store ${store}, nix path-info prints neither a list nor an object: is this version of Nix too new?`,
  );
}

function infoOf(path: StorePath, value: unknown, store: string): NarInfo {
  const wrong = (what: string) =>
    new ImageError(`What the store ${store} says of ${path} can not be: ${what}`);
  if (!isObject(value)) throw wrong("it is no object");
  const { narHash, narSize, references, signatures = [], ca } = value;
  const hash = sha256Of(narHash);
  if (hash === undefined) throw wrong(`its narHash is ${quoted(shown(narHash))}`);
  if (!Number.isSafeInteger(narSize) || narSize as number <= 0) {
    throw wrong(`its narSize is ${quoted(shown(narSize))}`);
  }
  if (!Array.isArray(references)) throw wrong("its references are no list");
  const referred = references.map((reference) => {
    const found = typeof reference === "string" ? storePathOf(reference) : undefined;
    if (found === undefined) throw wrong(`it refers to ${quoted(shown(reference))}`);
    return found;
  });
  const contentAddress = contentAddressOf(ca);
  return {
    ...referencesFrom(path, referred),
    narSize: narSize as number,
    narHash: `sha256:${hex(hash)}`,
    signatures: Array.isArray(signatures) ? signatures.flatMap(signatureOf) : [],
    ...contentAddress === undefined ? {} : { contentAddress },
  };
}

/** A store path in full, or its last component. */
function storePathOf(text: string): StorePath | undefined {
  const path = text.includes("/") ? text : `${STORE_DIR}/${text}`;
  return isStorePath(path) ? path : undefined;
}

/** In any notation; newer versions may give the algorithm and the notation aside. */
function sha256Of(value: unknown): Uint8Array | undefined {
  if (typeof value === "string") return sha256Bytes(value);
  if (!isObject(value) || value.algorithm !== "sha256") return undefined;
  return typeof value.hash === "string" ? sha256Bytes(value.hash) : undefined;
}

/** `NAME:BASE64`, or an object of the two. */
function signatureOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (!isObject(value)) return [];
  const { keyName, sig } = value;
  return typeof keyName === "string" && typeof sig === "string" ? [`${keyName}:${sig}`] : [];
}

const METHODS: Readonly<Record<string, string>> = {
  flat: "fixed:",
  nar: "fixed:r:",
  text: "text:",
};

/** As narinfo files have it; newer versions give the method and the hash aside. */
function contentAddressOf(value: unknown): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  if (!isObject(value) || typeof value.method !== "string") return undefined;
  const [prefix, hash] = [METHODS[value.method], sha256Of(value.hash)];
  return prefix && hash && `${prefix}sha256:${nixBase32(hash)}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "missing";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
