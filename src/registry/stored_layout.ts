/**
 * An image out of a registry as an OCI image layout: all its bytes as they are there, so that its
 * digests are the same.
 * @module
 */

import { join } from "node:path";
import { blobName } from "../base/oci_images.ts";
import { openImages } from "../base/open_images.ts";
import { Verifier } from "../base/verified.ts";
import { OutputDirectory } from "../disk/output_part.ts";
import { ImageError } from "../errors.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import { OCI_LAYOUT_JSON } from "../image/oci_documents.ts";
import { openFile } from "../store/files.ts";
import { formatReference, type RegistryReference } from "./reference.ts";
import { imageName, type ResolvedImage } from "./resolve.ts";
import type { Skopeo } from "./skopeo.ts";

/** Where skopeo puts the image, in the directory in the making. */
const COPY = "copy";

/**
 * Writes a layout that has the image, and the index that led to it, to a new directory, which is
 * there when it is whole. (skopeo's own `oci:` has another manifest where the image is Docker's.)
 *
 * @throws {ImageError} if the image is not to be had, or is not what its digests say.
 */
export async function writeLayout(
  path: string,
  reference: RegistryReference,
  image: ResolvedImage,
  skopeo: Skopeo,
): Promise<void> {
  const { manifest, index, platform } = image;
  using layout = new OutputDirectory(path);
  const name = imageName({ ...reference, digest: manifest.digest });
  const size = image.layers.reduce((sum, layer) => sum + layer.size, 0);
  await skopeo.copyToDirectory(name, join(layout.path, COPY), size);
  layout.makeDirectory("blobs/sha256");
  const sizes = new Map<string, number | undefined>([[image.configDigest, undefined]]);
  for (const { digest, size } of image.layers) sizes.set(digest, size);
  for (const [digest, size] of sizes) {
    const copied = `${COPY}/${digest.replace(/^.*:/, "")}`;
    await verify(join(layout.path, copied), digest, size, `${name}: the blob ${digest}`);
    layout.rename(copied, blobName(digest));
  }
  Deno.removeSync(join(layout.path, COPY), { recursive: true });
  for (const document of [manifest, ...index ? [index] : []]) {
    Deno.writeFileSync(join(layout.path, blobName(document.digest)), document.bytes);
  }
  const { variant, ...named } = platform;
  layout.writeText("oci-layout", OCI_LAYOUT_JSON);
  layout.writeText(
    "index.json",
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: [{
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.bytes.length,
        platform: variant === null ? named : platform,
      }],
    }),
  );
  await checkImage(layout.path, reference);
  layout.commit();
}

const CHUNK = 1 << 20;

async function verify(
  path: string,
  digest: string,
  size: number | undefined,
  name: string,
): Promise<void> {
  const verifier = new Verifier({ digest, name, ...size === undefined ? {} : { size } });
  const file = openFile(path);
  try {
    const buffer = new Uint8Array(CHUNK);
    for (;;) {
      const length = await file.read(buffer);
      if (length === 0) break;
      verifier.update(buffer.subarray(0, length));
    }
  } finally {
    file.close();
  }
  verifier.finish();
}

/** Sees that its documents fit together. */
async function checkImage(path: string, reference: RegistryReference): Promise<void> {
  try {
    await using _images = await openImages(path);
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ImageError(`${formatReference(reference)} is broken: ${error.message}`, {
      cause: error,
    });
  }
}
