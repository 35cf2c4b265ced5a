/**
 * Opening images that others made: docker-archives, OCI archives and OCI layouts.
 * @module
 */

import { ImageError } from "../errors.ts";
import { dockerArchiveImages } from "./docker_archive_images.ts";
import { type ImageFiles, openImageFiles } from "./image_files.ts";
import { ociImages } from "./oci_images.ts";
import type { OpenedImages, StoredFormat, StoredImage } from "./stored_image.ts";

/** What a docker-archive has. */
const MANIFEST = "manifest.json";

/** What an OCI layout has (OCI image spec, image layout). */
const INDEX = "index.json";

/** Options of {@linkcode openImages}. */
export interface OpenImagesOptions {
  /** The archive, where the path is only what to call it. */
  readonly input?: ReadableStream<Uint8Array> | undefined;
  /** Told when a layer in a layout's directory can not be read, or is damaged. */
  readonly onDamage?: (() => void) | undefined;
}

/**
 * Opens what holds images: documents are read, layers are not.
 *
 * @param path a docker-archive or an OCI archive, compressed or not, or an OCI layout's directory
 * @throws {ImageError} if it is none of these, or one that is broken.
 */
export async function openImages(
  path: string,
  options: OpenImagesOptions = {},
): Promise<OpenedImages> {
  const files = await openImageFiles(path, options);
  try {
    // A directory is a layout or nothing: manifest.json alone is also what skopeo's dir: has.
    const manifest = files.archived ? files.find(MANIFEST) : undefined;
    const index = files.find(INDEX);
    if (manifest === undefined && index === undefined) throw noImages(files);
    const docker = manifest ? await dockerArchiveImages(files, manifest) : [];
    const oci = index ? await ociImages(files, index, docker.length === 0) : [];
    if (docker.length + oci.length === 0) {
      throw new ImageError(`${path} holds no images: manifest.json names none`);
    }
    return {
      path,
      format: formatOf(files, docker.length > 0),
      images: united(docker, oci),
      [Symbol.asyncDispose]: () => Promise.resolve(files[Symbol.dispose]()),
    };
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

function noImages({ path, archived }: ImageFiles): ImageError {
  const what = archived
    ? "an archive with neither manifest.json (docker save) nor index.json (OCI)"
    : "a directory without index.json, so no OCI layout";
  return new ImageError(`${path} holds no images: it is ${what}`);
}

function formatOf({ archived }: ImageFiles, docker: boolean): StoredFormat {
  if (docker) return "docker-archive";
  return archived ? "oci-archive" : "oci";
}

/** Archives that are both things have most images twice: their names in one place, digests in both. */
function united(docker: readonly StoredImage[], oci: readonly StoredImage[]): StoredImage[] {
  const images = new Map<string, { image: StoredImage; names: Set<string> }>();
  for (const image of [...docker, ...oci]) {
    const known = images.get(image.configDigest);
    if (known === undefined) {
      images.set(image.configDigest, { image, names: new Set(image.names) });
      continue;
    }
    for (const name of image.names) known.names.add(name);
    // The same config may have several manifests; the first one stays.
    if (known.image.manifestDigest === undefined) known.image = image;
  }
  return Array.from(images.values(), ({ image, names }) => ({ ...image, names: [...names] }));
}
