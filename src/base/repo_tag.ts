/**
 * Names of images in archives and layouts, as Docker can have them.
 * @module
 */

import { parseImageName } from "./image_names.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";

/** The name as Docker shows it, such as `alpine:3`; undefined if it is no NAME:TAG. */
export function repoTagOf(spelt: string): string | undefined {
  const { repository, tag } = parseImageName(spelt);
  const isRepoTag = repository !== undefined && tag !== undefined && IMAGE_NAME.test(repository) &&
    repository === repository.toLowerCase() && IMAGE_TAG.test(tag);
  return isRepoTag ? `${repository}:${tag}` : undefined;
}
