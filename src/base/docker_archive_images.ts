/**
 * The images in a docker-archive, as `docker save`, skopeo, podman, kaniko and nix-image write it.
 * @module
 */

import { ImageError } from "../errors.ts";
import { quoted } from "../visible.ts";
import { archiveManifestSchema, configSchema, readDocument } from "./documents.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";
import type { StoredImage, StoredLayer } from "./stored_image.ts";
import { storedImage } from "./stored_image_of.ts";
import { storedLayer } from "./stored_layer.ts";

/** In one archive. */
const MAX_IMAGES = 1000;

/**
 * Reads the images' documents.
 *
 * @param manifest the file manifest.json
 * @throws {ImageError} if one is broken, or a file that it names is not there.
 */
export async function dockerArchiveImages(
  files: ImageFiles,
  manifest: ImageFile,
): Promise<StoredImage[]> {
  const entries = (await readDocument(files, manifest, archiveManifestSchema)).value;
  if (entries.length > MAX_IMAGES) {
    throw new ImageError(`${files.path}: ${manifest.name} has more than ${MAX_IMAGES} images`);
  }
  const images: StoredImage[] = [];
  for (const [index, { Config, RepoTags, Layers }] of entries.entries()) {
    const where = `${files.path}: ${manifest.name}: [${index}]`;
    const config = await readDocument(files, needed(files, Config, where), configSchema);
    const diffIds = config.value.rootfs.diff_ids ?? [];
    const names = Layers ?? [];
    if (diffIds.length !== names.length) {
      throw new ImageError(
        `${where} has ${names.length} layers, and its config has ${diffIds.length} diff_ids`,
      );
    }
    const layers: StoredLayer[] = [];
    for (const [index, name] of names.entries()) {
      const file = needed(files, name, where);
      const diffId = diffIds[index] ?? "";
      layers.push(await storedLayer(file, { index, diffId, source: files.path }));
    }
    images.push(storedImage(config, layers, RepoTags ?? []));
  }
  return images;
}

function needed(files: ImageFiles, name: string, where: string): ImageFile {
  const file = files.find(name);
  if (file !== undefined) return file;
  throw new ImageError(`${where} names ${quoted(name)}, which is not in the archive`);
}
