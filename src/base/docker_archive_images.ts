/**
 * The images in a docker-archive, as `docker save`, skopeo, podman, kaniko and nix-image write it.
 * @module
 */

import { ImageError } from "../errors.ts";
import { archiveManifestSchema, configSchema, readDocument } from "./documents.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";
import type { StoredImage, StoredLayer } from "./stored_image.ts";
import { storedImage } from "./stored_image_of.ts";
import { storedLayer } from "./stored_layer.ts";

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
  const images: StoredImage[] = [];
  for (const [index, { Config, RepoTags, Layers }] of entries.entries()) {
    const where = `${files.path}: ${manifest.name}: [${index}]`;
    const config = await readDocument(files, needed(files, Config, where), configSchema);
    const diffIds = config.value.rootfs.diff_ids;
    if (diffIds.length !== Layers.length) {
      throw new ImageError(
        `${where} has ${Layers.length} layers, and ${Config} has ${diffIds.length} diff_ids`,
      );
    }
    const layers: StoredLayer[] = [];
    for (const [index, name] of Layers.entries()) {
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
  throw new ImageError(`${where} names ${JSON.stringify(name)}, which is not in the archive`);
}
