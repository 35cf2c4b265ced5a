/**
 * The images in an OCI layout (OCI image spec 1.1, image layout), whose documents may be of Docker's
 * types as well.
 * @module
 */

import { ImageError } from "../errors.ts";
import {
  configSchema,
  type Descriptor,
  indexSchema,
  manifestSchema,
  readDescribed,
  readDocument,
} from "./documents.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";
import { describedPlatform } from "./described_platform.ts";
import { storedImage } from "./stored_image_of.ts";
import type { StoredImage, StoredLayer } from "./stored_image.ts";
import { storedLayer } from "./stored_layer.ts";

/** Of indexes. */
export const INDEX_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/** Of manifests. */
export const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
]);

/** Of images' configs. */
export const CONFIG_TYPES: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
]);

/** Indexes may hold indexes; so many levels are more than anyone has. */
export const MAX_NESTED = 4;

/** Of manifests in all indexes together. */
const MAX_MANIFESTS = 1000;

/**
 * Reads the images' documents. What is no image is passed over: attestations, for one. So are
 * manifests that are not there, if there are others: layouts of a single platform may have the index
 * of all.
 *
 * @param index the file index.json
 * @param needed whether it is an error that there is no image
 * @throws {ImageError} if a document is broken, a blob that it names is not there, or there is
 * no image.
 */
export async function ociImages(
  files: ImageFiles,
  index: ImageFile,
  needed: boolean,
): Promise<StoredImage[]> {
  const images = new Map<string, { image: StoredImage; names: Set<string> }>();
  const absent: string[] = [];
  let count = 0;

  const visit = async (descriptors: readonly Descriptor[], names: string[], level: number) => {
    for (const descriptor of descriptors) {
      if (++count > MAX_MANIFESTS) {
        throw new ImageError(`${files.path}: more than ${MAX_MANIFESTS} manifests`);
      }
      const { mediaType, digest } = descriptor;
      const isIndex = INDEX_TYPES.has(mediaType);
      if (!isIndex && !MANIFEST_TYPES.has(mediaType) || isAttestation(descriptor)) continue;
      const own = [...names, ...namesOf(descriptor)];
      const file = files.find(blobName(digest));
      if (file === undefined) absent.push(digest);
      else if (isIndex) {
        if (level === MAX_NESTED) {
          throw new ImageError(`${files.path}: more than ${MAX_NESTED} indexes within one another`);
        }
        const { value } = await readDescribed(files, file, descriptor, indexSchema);
        await visit(value.manifests ?? [], own, level + 1);
      } else {
        const known = images.get(digest);
        const image = known?.image ?? await readImage(files, file, descriptor);
        if (image === undefined) continue;
        images.set(digest, { image, names: new Set([...known?.names ?? [], ...own]) });
      }
    }
  };
  const { value } = await readDocument(files, index, indexSchema);
  await visit(value.manifests ?? [], [], 0);
  if (needed && images.size === 0) {
    const why = absent.length === 0
      ? `${index.name} names none`
      : `the blob ${absent[0]}, which ${index.name} leads to, is not there`;
    throw new ImageError(`${files.path} holds no images: ${why}`);
  }
  return Array.from(images.values(), ({ image, names }) => ({ ...image, names: [...names] }));
}

/** The image of a manifest; undefined if it is something else that has a manifest. */
async function readImage(
  files: ImageFiles,
  file: ImageFile,
  descriptor: Descriptor,
): Promise<StoredImage | undefined> {
  const manifest = await readDescribed(files, file, descriptor, manifestSchema);
  const { config: configBlob } = manifest.value;
  const blobs = manifest.value.layers ?? [];
  if (!CONFIG_TYPES.has(configBlob.mediaType) || blobs.some(isForeign)) return undefined;
  const where = `${files.path}: ${file.name}`;
  const blob = (digest: string): ImageFile => {
    const found = files.find(blobName(digest));
    if (found !== undefined) return found;
    throw new ImageError(`${where} names the blob ${digest}, which is not there`);
  };
  const config = await readDescribed(files, blob(configBlob.digest), configBlob, configSchema);
  const diffIds = config.value.rootfs.diff_ids ?? [];
  if (diffIds.length !== blobs.length) {
    throw new ImageError(
      `${where} has ${blobs.length} layers, and its config has ${diffIds.length} diff_ids`,
    );
  }
  const layers: StoredLayer[] = [];
  for (const [index, layer] of blobs.entries()) {
    const found = blob(layer.digest);
    if (found.size !== layer.size) {
      throw new ImageError(
        `${files.path}: ${found.name} has ${found.size} bytes, and ${file.name} says ${layer.size}`,
      );
    }
    const diffId = diffIds[index] ?? "";
    layers.push(
      await storedLayer(found, {
        index,
        diffId,
        source: files.path,
        descriptor: layer,
        onDamage: files.onDamage,
      }),
    );
  }
  const { mediaType } = descriptor;
  const image = storedImage(config, layers, [], { ...manifest, mediaType });
  const { annotations } = manifest.value;
  const platform = describedPlatform(config.value, descriptor.platform);
  return { ...image, ...annotations && { annotations }, ...platform && { platform } };
}

/** Where a blob is. */
export function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** Signatures and attestations may have the config of an image, but no layers that are layers. */
function isForeign({ mediaType }: Descriptor): boolean {
  return !/^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\./.test(mediaType);
}

/** BuildKit puts what it attests beside the image, for a platform that does not exist. */
export function isAttestation({ platform, annotations }: Descriptor): boolean {
  return platform?.os === "unknown" && platform.architecture === "unknown" ||
    annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}

/** BuildKit and containerd write full names; the standard annotation is often a tag alone. */
export function namesOf({ annotations }: Descriptor): string[] {
  const name = annotations?.["io.containerd.image.name"] ??
    annotations?.["org.opencontainers.image.ref.name"];
  return name === undefined ? [] : [name];
}
