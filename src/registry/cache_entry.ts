/**
 * Entries of a cache of layers in a registry: what one host made of a layer, for all others.
 *
 * An entry is an artifact without content (OCI image spec 1.1, manifest, guidelines for artifact
 * usage): a statement in one line, and signatures over exactly this line, are its annotations
 * (docs/cache.md).
 * @module
 */

import { z } from "zod";
import { sha256Of } from "../image/image.ts";
import { formatJson } from "../image/json.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import type { Descriptor } from "../image/oci_documents.ts";
import type { LayerDigest, LayerForm } from "../layer/digest_cache.ts";
import { isSignature } from "../signing/keys.ts";

/** What an entry is about. */
export interface EntryName {
  /** What determines the bytes of the layer: 64 hexadecimal digits. */
  readonly key: string;
  readonly form: LayerForm;
}

/** What an entry says, and who says so. */
export interface CacheEntry {
  /** See {@linkcode statementOf}. */
  readonly statement: string;
  /** Each `NAME:BASE64`. */
  readonly signatures: readonly string[];
}

const ARTIFACT = "application/vnd.nix-image.layer.v1";
const STATEMENT = "nix-image.layer.statement", SIGNATURES = "nix-image.layer.signatures";
/** The content of what has none (OCI image spec, guidance for an empty descriptor). */
export const EMPTY_BLOB: Uint8Array<ArrayBuffer> = new TextEncoder().encode("{}");
const EMPTY: Descriptor = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: sha256Of(EMPTY_BLOB),
  size: EMPTY_BLOB.length,
};

/** More signatures, or more bytes, than that are no entry's. */
const MOST_SIGNATURES = 16, MOST_OF_ENTRY = 1 << 16;
const LONGEST_TAG = 128;

/** The tag of an entry. Where it is not unique, what the entry states tells. */
export function tagOf({ key, form }: EntryName): string {
  return `${key}.${form}`.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, LONGEST_TAG);
}

/** What an entry states: the layer, the form, and digest, size and diff_id in this form. */
export function statementOf({ key, form }: EntryName, digest: LayerDigest): string {
  return ["nix-image-layer-1", key, form, digest.digest, digest.size, diffIdOf(form, digest)]
    .join(";");
}

/** What a statement says of this layer in this form; undefined if it is about something else. */
export function statedDigest(statement: string, name: EntryName): LayerDigest | undefined {
  const [, , , digest = "", size, diffId = ""] = statement.split(";");
  const found = { digest, size: Number(size), ...name.form === "tar" ? {} : { diffId } };
  const isSound = [digest, diffId].every((text) => DIGEST.test(text)) &&
    Number.isSafeInteger(found.size) && found.size > 0;
  // What was replayed or put together in another way is not the same line.
  return isSound && statement === statementOf(name, found) ? found : undefined;
}

/** The manifest of an entry. */
export function entryManifest(
  { statement, signatures }: CacheEntry,
  layer: Descriptor = EMPTY,
): { readonly mediaType: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  const signed = signatures.length === 0 ? {} : { [SIGNATURES]: signatures.join(" ") };
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType: ARTIFACT,
    config: { ...EMPTY },
    layers: [{ ...layer }],
    annotations: { [STATEMENT]: statement, ...signed },
  };
  return {
    mediaType: MEDIA_TYPE.manifest,
    bytes: new TextEncoder().encode(formatJson(document)),
  };
}

const manifest = z.looseObject({
  artifactType: z.literal(ARTIFACT),
  annotations: z.looseObject({
    [STATEMENT]: z.string(),
    [SIGNATURES]: z.string().optional(),
  }),
});

/** The entry that a manifest is; undefined if it is none. */
export function parseEntry(bytes: Uint8Array): CacheEntry | undefined {
  if (bytes.length > MOST_OF_ENTRY) return undefined;
  try {
    const { annotations } = manifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const signatures = String(annotations[SIGNATURES] ?? "").split(" ").filter(isSignature);
    return {
      statement: String(annotations[STATEMENT]),
      signatures: signatures.slice(0, MOST_SIGNATURES),
    };
  } catch {
    return undefined;
  }
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

function diffIdOf(form: LayerForm, { digest, diffId = digest }: LayerDigest): string {
  return form === "tar" ? digest : diffId;
}
