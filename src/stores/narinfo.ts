/**
 * What a binary cache says of a store path: a `.narinfo`, lines of `Key: value` (Nix's
 * `src/libstore/nar-info.cc`). It is not believed: whoever reads it has to look at its signatures.
 * @module
 */

import { ImageError } from "../errors.ts";
import { referencesFrom } from "../store/closure.ts";
import { narHashInBase16 } from "../store/nar_hash.ts";
import { hashPart, isStorePath, STORE_DIR, type StorePath } from "../store/store_path.ts";
import { quoted } from "../visible.ts";
import type { NarInfo } from "./nar_store.ts";

/** Where a cache has a NAR, and as what. */
export interface NarFile {
  /** Relative to the cache, and within it. */
  readonly url: string;
  /** Such as `xz`; `none` for what is not compressed. */
  readonly compression: string;
  /** As it is there, in bytes, where the cache tells. */
  readonly fileSize?: number;
}

/** What a cache says of a path, and where it has its NAR. */
export interface Narinfo extends NarInfo {
  readonly file: NarFile;
}

/** The longest text that is one; a path with 10,000 references has one of half that. */
export const MOST_OF_NARINFO = 1 << 20;

const MOST_LINES = 1000, MOST_SIGNATURES = 64, MOST_SIGNATURE = 300, MOST_ADDRESS = 200;
const KNOWN = new Set([
  ...["StorePath", "URL", "Compression", "FileHash", "FileSize", "NarHash", "NarSize"],
  ...["References", "Deriver", "CA", "System"],
]);
/** In letters that a URL has as they are; some caches add a query. */
const NAR_URL = /^[\w.+=~@,:%-][\w.+=~@,:%/-]{0,399}(?:\?[\w.+=~@,:%/&-]{0,399})?$/;
const COMPRESSION = /^[a-z0-9]{1,20}$/;

/**
 * Reads what a cache says of `path`.
 *
 * @param from the cache, for errors
 * @throws {ImageError} if it is no narinfo, or that of another path.
 */
export function parseNarinfo(text: string, path: StorePath, from: string): Narinfo {
  const fail = (reason: string): never => {
    throw new ImageError(`${from}: what it says of ${path} can not be: ${reason}`);
  };
  const { fields, signatures } = fieldsOf(text, fail);
  const needed = (key: string) => fields.get(key) || fail(`${key} is missing`);

  const storePath = needed("StorePath");
  if (storePath !== path) fail(`StorePath is ${quoted(storePath)}`);
  const narSize = sizeIn(needed("NarSize")) || fail("NarSize is no size");
  const fileSize = fields.get("FileSize");
  return {
    ...referencesFrom(path, referencesIn(fields.get("References") ?? "", fail)),
    narSize,
    narHash: `sha256:${hashIn(needed("NarHash"), path, from) ?? fail("NarHash is no SHA-256")}`,
    signatures,
    ...contentAddressIn(fields.get("CA"), fail),
    file: {
      url: confined(needed("URL"), fail),
      compression: compressionIn(fields.get("Compression"), fail),
      ...fileSize === undefined
        ? {}
        : { fileSize: sizeIn(fileSize) ?? fail("FileSize is no size") },
    },
  };
}

/**
 * Whether a narinfo is that of the path with the same hash and another name. Caches are asked by the
 * hash alone, and there are no two such paths.
 */
export function isOfAnotherName(text: string, path: StorePath): boolean {
  const [, other = path] = /^StorePath: (.*)$/m.exec(text) ?? [];
  return other !== path && isStorePath(other) && hashPart(other) === hashPart(path);
}

type Fail = (reason: string) => never;

function fieldsOf(text: string, fail: Fail) {
  const fields = new Map<string, string>(), signatures: string[] = [];
  if (text.length > MOST_OF_NARINFO) fail("it is too long");
  // As Nix has it: what does not end with a line was cut off.
  if (!text.endsWith("\n")) fail("it ends within a line");
  const lines = text.slice(0, -1).split("\n", MOST_LINES + 1);
  if (lines.length > MOST_LINES) fail("it has too many lines");
  for (const line of lines) {
    const [, key = "", value = ""] = /^([A-Za-z][\w-]{0,99}):(?: (.*))?$/.exec(line) ??
      fail(`${quoted(line)} is no line of a narinfo`);
    if (key === "Sig") {
      if (value.length > MOST_SIGNATURE) fail("a signature is too long");
      if (signatures.push(value) > MOST_SIGNATURES) fail("it has too many signatures");
    } else if (KNOWN.has(key)) {
      if (fields.has(key)) fail(`${key} is there twice`);
      fields.set(key, value);
    }
  }
  return { fields, signatures };
}

function sizeIn(text: string): number | undefined {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

function hashIn(text: string, path: StorePath, from: string): string | undefined {
  return /^sha256[:-]/.test(text) && text.length < 100
    ? narHashInBase16(text, `${path} in ${from}`)
    : undefined;
}

function referencesIn(text: string, fail: Fail): StorePath[] {
  const names = text.split(" ").filter((name) => name !== "");
  const paths = names.map((name) => {
    const path = `${STORE_DIR}/${name}`;
    return isStorePath(path) ? path : fail(`it refers to ${quoted(name)}, which is no store path`);
  });
  return [...new Set(paths)];
}

function contentAddressIn(text: string | undefined, fail: Fail): { contentAddress?: string } {
  if (!text) return {};
  if (text.length > MOST_ADDRESS || !/^[!-~]+$/.test(text)) fail("CA is no content address");
  return { contentAddress: text };
}

function compressionIn(text: string | undefined, fail: Fail): string {
  // From the time when there was no other.
  const compression = text || "bzip2";
  return COMPRESSION.test(compression)
    ? compression
    : fail(`${quoted(compression)} is no compression`);
}

/** A URL that leads nowhere but to below the cache's own. */
function confined(url: string, fail: Fail): string {
  const [path = ""] = url.split("?");
  const decoded = path.replace(/%2e/gi, ".").replace(/%(?:2f|5c)/gi, "/");
  const leadsOut = decoded.split("/").some((part) => part === ".." || part === "." || part === "");
  // What has a scheme has a colon before its first slash.
  if (!NAR_URL.test(url) || leadsOut || /^[^/]*:/.test(path)) {
    fail(`URL has to be within the cache, and is ${quoted(url)}`);
  }
  return url;
}
