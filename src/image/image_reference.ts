/**
 * Names of images, after the distribution project's `reference` package: Docker shows them without
 * what is left out most often.
 * @module
 */

/** The parts of a name such as `registry.example:5000/hello:1.0`. */
export interface ReferenceParts {
  /** All before the tag. */
  readonly repository: string;
  /** `latest` where none is given. */
  readonly tag: string;
}

/** A name's repository and tag, as they are spelt. */
export function referenceParts(name: string): ReferenceParts {
  const colon = name.indexOf(":", name.lastIndexOf("/") + 1);
  if (colon === -1) return { repository: name, tag: "latest" };
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** The name with its registry: `docker.io/library/hello:1.0` for `hello:1.0`. */
export function qualifiedName(name: string): string {
  const { repository, tag } = referenceParts(name);
  const slash = repository.indexOf("/");
  const first = repository.slice(0, Math.max(slash, 0));
  const hasHost = /[.:A-Z]/.test(first) || first === "localhost";
  const host = !hasHost || first === "index.docker.io" ? "docker.io" : first;
  const path = hasHost ? repository.slice(slash + 1) : repository;
  const directory = host === "docker.io" && !path.includes("/") ? "library/" : "";
  return `${host}/${directory}${path}:${tag}`;
}
