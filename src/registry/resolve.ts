/**
 * What a name in a registry stands for: an image, or an index of images for several platforms.
 * @module
 */

import { z } from "zod";
import {
  checkedDocument,
  configSchema,
  type Descriptor,
  indexSchema,
  manifestSchema,
} from "../base/documents.ts";
import { platformText } from "../base/choose_image.ts";
import { DocumentBudget } from "../base/document_budget.ts";
import { INDEX_TYPES, isAttestation, MANIFEST_TYPES } from "../base/oci_images.ts";
import type { Platform } from "../base/stored_image.ts";
import { ImageError } from "../errors.ts";
import { sha256Of } from "../image/image.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import { shortened } from "../visible.ts";
import { formatReference, type RegistryReference } from "./reference.ts";

/** A manifest or an index. */
export interface RegistryDocument {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The image that a name stands for on one platform. */
export interface ResolvedImage {
  /** The index that led to it; undefined if there is none. */
  readonly index: RegistryDocument | undefined;
  readonly manifest: RegistryDocument & { readonly mediaType: string };
  /** The digest of its config: what Docker calls its ID. */
  readonly configDigest: string;
  /** What it says that it is for. */
  readonly platform: Platform;
  /** Lowest layer first, as they are stored. */
  readonly layers: readonly Descriptor[];
}

/** Gets documents by the image's name, such as `docker.io/library/alpine:3`. */
export interface DocumentSource {
  /** The bytes of a manifest or an index. */
  manifest(image: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of the config that a manifest names. */
  config(image: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Finds the image for a platform. Every document is checked against the digest it was asked by.
 *
 * @param platform of an index's images, which one; it says nothing where there is but one image
 * @throws {ImageError} if there is none, or the registry sends something else.
 */
export async function resolveImage(
  reference: RegistryReference,
  platform: Platform,
  source: DocumentSource,
): Promise<ResolvedImage> {
  const first = await getManifest(reference, source);
  const entries = manifestsOf(first, reference);
  if (entries === undefined) return await imageOf(first, reference, source);
  const chosen = chooseManifest(entries, platform);
  if (chosen === undefined) throw noneFor(platform, entries, reference);
  const found = await getManifest({ ...reference, digest: chosen.digest }, source);
  return { ...await imageOf(found, reference, source, chosen.mediaType), index: first };
}

async function getManifest(
  reference: RegistryReference,
  source: DocumentSource,
): Promise<RegistryDocument> {
  const bytes = await source.manifest(imageName(reference));
  const digest = sha256Of(bytes);
  if (reference.digest !== undefined && digest !== reference.digest) {
    throw new ImageError(
      `${formatReference(reference)}: the registry sent a manifest with another digest, ${digest}`,
    );
  }
  return { digest, bytes };
}

/** The name to ask for: a digest says it all, and skopeo takes no tag beside it. */
export function imageName({ tag, digest, ...named }: RegistryReference): string {
  return formatReference({ ...named, tag: digest === undefined ? tag : undefined, digest });
}

/** What an index lists; undefined for what is no index. */
export function manifestsOf(
  { bytes, digest }: RegistryDocument,
  reference: RegistryReference,
): readonly Descriptor[] | undefined {
  const { manifests } = checked(bytes, `${formatReference(reference)}: ${digest}`, indexSchema);
  return manifests ?? undefined;
}

async function imageOf(
  found: RegistryDocument,
  reference: RegistryReference,
  source: DocumentSource,
  mediaType?: string,
): Promise<ResolvedImage> {
  const name = `${formatReference(reference)}: ${found.digest}`;
  const { schemaVersion, ...document } = checked(found.bytes, name, anyManifestSchema);
  const type = mediaType ?? document.mediaType ?? MEDIA_TYPE.manifest;
  if (schemaVersion === 1 || !MANIFEST_TYPES.has(type)) {
    const what = schemaVersion === 1 ? "of Docker's schema 1, too old" : shortened(type, 80);
    throw new ImageError(`${name} is no manifest of an image that can be pulled: it is ${what}`);
  }
  const { config, layers } = checked(found.bytes, name, manifestSchema);
  const bytes = await source.config(imageName({ ...reference, digest: found.digest }));
  if (sha256Of(bytes) !== config.digest) {
    throw new ImageError(
      `${name}: the registry sent a config with the digest ${
        sha256Of(bytes)
      }, not ${config.digest}`,
    );
  }
  const { os, architecture, variant } = checked(bytes, `${name}: config`, configSchema);
  return {
    index: undefined,
    manifest: { ...found, mediaType: type },
    configDigest: config.digest,
    platform: { os, architecture, variant: variant || null },
    layers: layers ?? [],
  };
}

/** What all versions of manifests have, or may have. */
const anyManifestSchema = z.looseObject({
  schemaVersion: z.int({ error: "an integer" }).optional(),
  mediaType: z.string({ error: "a string" }).optional(),
}, { error: "an object" });

function checked<T>(bytes: Uint8Array<ArrayBuffer>, name: string, schema: z.ZodType<T>): T {
  return checkedDocument({ documents: new DocumentBudget(name) }, bytes, name, schema).value;
}

/** From what fits most to what fits less, as containers/image (pkg/platform) has it. */
const COMPATIBLE: ReadonlyMap<string, readonly string[]> = new Map([
  ["arm", ["v8", "v7", "v6", "v5"]],
  ["arm64", ["v8"]],
]);

/**
 * The manifest in an index that is for a platform; undefined if there is none. It is the one that
 * skopeo chooses: the variant that is asked for, or an older one; where none is asked for, the one
 * without a variant, or the newest.
 */
export function chooseManifest(
  manifests: readonly Descriptor[],
  { os, architecture, variant }: Platform,
): Descriptor | undefined {
  const known = COMPATIBLE.get(architecture) ?? [];
  const variants = variant === null
    ? ["", ...known]
    : [...known.includes(variant) ? known.slice(known.indexOf(variant)) : [variant], ""];
  const candidates = manifests.filter((entry) => isImage(entry) && !isAttestation(entry));
  for (const wanted of variants) {
    const found = candidates.find(({ platform }) =>
      platform?.os === os && platform.architecture === architecture &&
      (platform.variant ?? "") === wanted
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function isImage({ mediaType }: Descriptor): boolean {
  return MANIFEST_TYPES.has(mediaType) && !INDEX_TYPES.has(mediaType);
}

const MOST_LISTED = 30;

function noneFor(
  platform: Platform,
  manifests: readonly Descriptor[],
  reference: RegistryReference,
): ImageError {
  const platforms = manifests.filter((entry) => isImage(entry) && !isAttestation(entry))
    .slice(0, MOST_LISTED).map(({ platform }) =>
      platform
        ? shortened(platformText({ ...platform, variant: platform.variant || null }), 60)
        : "an unknown platform"
    );
  return new ImageError(
    `${formatReference(reference)} has no image for ${platformText(platform)}. There is: ${
      platforms.join(", ") || "nothing"
    }`,
  );
}
