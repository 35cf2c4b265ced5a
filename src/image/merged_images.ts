/**
 * The images of several archives and layouts as one set.
 * @module
 */

import { repoTagOf } from "../base/repo_tag.ts";
import type { OpenedImages } from "../base/stored_image.ts";
import { type ImageSet, mergedSet, type SetKind } from "./image_set.ts";

/**
 * All images of `archives`, each once, with all the names that it has in any of them. Names that a
 * docker-archive can not have, as a tag alone, are left out there, and a notice says so. An OCI
 * layout can have images for several platforms under one name, a docker-archive can not.
 *
 * @param kind what the set is to be written to
 * @throws {ImageError} if two images have the same name; it shows all such names.
 */
export function mergeImages(archives: readonly OpenedImages[], kind: SetKind): ImageSet {
  const members = archives.flatMap(({ path, images }) =>
    images.map((image) => ({
      image,
      names: image.names.map((spelt) => ({ spelt, repoTag: repoTagOf(spelt) })),
      configDigest: image.configDigest,
      manifestDigest: image.manifestDigest,
      source: path,
    }))
  );
  return mergedSet(members, kind);
}
