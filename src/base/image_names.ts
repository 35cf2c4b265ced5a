/**
 * Names of images, which are spelt in more than one way.
 * @module
 */

/** A name in parts. OCI layouts may have a tag alone. */
export interface ImageName {
  /** The repository as Docker shows it: `alpine` for `docker.io/library/alpine`. */
  readonly repository: string | undefined;
  /** Undefined if the name has none. */
  readonly tag: string | undefined;
}

/**
 * Takes a name apart: `docker.io/library/alpine:3` is `alpine` and `3`; `3` alone is a tag. A digest
 * behind it says nothing of a tag.
 */
export function parseImageName(name: string): ImageName {
  const at = name.indexOf("@");
  if (at !== -1) {
    const { repository, tag } = parseImageName(name.slice(0, at));
    return repository === undefined ? { repository: tag, tag: undefined } : { repository, tag };
  }
  const colon = name.lastIndexOf(":");
  // The colon of a port has a slash behind it.
  if (colon > name.lastIndexOf("/")) {
    return { repository: familiar(name.slice(0, colon)), tag: name.slice(colon + 1) };
  }
  return name.includes("/")
    ? { repository: familiar(name), tag: undefined }
    : { repository: undefined, tag: name };
}

/** The repository as Docker shows it. */
export function familiar(repository: string): string {
  return repository.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "");
}
