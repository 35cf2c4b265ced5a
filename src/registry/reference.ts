/**
 * Names of images in registries: `docker://HOST[:PORT]/NAME[:TAG][@DIGEST]`, after the distribution
 * project's `reference` package.
 * @module
 */

import { UsageError } from "../errors.ts";
import { quoted } from "../visible.ts";

/** An image in a registry, or the place for one. */
export interface RegistryReference {
  /** As it is named and as credentials are found by, with its port: `docker.io`. */
  readonly host: string;
  /** Such as `library/alpine`. */
  readonly repository: string;
  /** Undefined if a digest is given and no tag. */
  readonly tag: string | undefined;
  /** `sha256:` and 64 hexadecimal digits, if it is given. */
  readonly digest: string | undefined;
}

const DOCKER_HUB = "docker.io";
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LONGEST_REPOSITORY = 255;

/**
 * Takes a reference apart. Without a host it is one of Docker Hub's, without tag and digest
 * `latest`.
 *
 * @throws {UsageError} if it is none.
 */
export function parseReference(text: string): RegistryReference {
  const wrong = (what: string) =>
    new UsageError(`${quoted(text)} is no image in a registry (docker://HOST/NAME:TAG): ${what}`);
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme !== undefined && scheme !== "docker") throw wrong(`${scheme}:// is something else`);
  const [named = "", digest, ...more] = text.slice(scheme === undefined ? 0 : 9).split("@");
  if (more.length > 0) throw wrong("it has more than one @");
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw wrong("behind the @, sha256: and 64 hexadecimal digits are expected");
  }
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const name = colon === -1 ? named : named.slice(0, colon);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) throw wrong(`the tag ${quoted(tag)} can not be`);
  const { host, repository } = parseRepository(name, wrong);
  return { host, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

/**
 * Takes `HOST/NAME` apart, as {@linkcode parseReference} does.
 *
 * @throws {UsageError} if it is no such name.
 */
function parseRepository(
  name: string,
  wrong: (what: string) => UsageError,
): Pick<RegistryReference, "host" | "repository"> {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = /[.:A-Z]/.test(first) || first === "localhost";
  const host = !hasHost || first === "index.docker.io" || first === "registry-1.docker.io"
    ? DOCKER_HUB
    : first;
  const path = hasHost ? name.slice(slash + 1) : name;
  if (!HOST.test(host)) throw wrong(`the host ${quoted(host)} can not be`);
  if (!REPOSITORY.test(path) || path.length > LONGEST_REPOSITORY) {
    const hint = path === path.toLowerCase() ? "" : "; names are in lower case";
    throw wrong(`the name ${quoted(path)} can not be${hint}`);
  }
  const repository = host === DOCKER_HUB && !path.includes("/") ? `library/${path}` : path;
  return { host, repository };
}

/**
 * Takes `HOST`, or `HOST/NAME`, apart, with or without `docker://`.
 *
 * @throws {UsageError} if it is neither.
 */
export function parseRegistry(
  text: string,
): { readonly host: string; readonly repository: string | undefined } {
  const name = text.replace(/^docker:\/\//, "").replace(/\/$/, "");
  if (name.includes("/")) return parseReference(name);
  // As the first part of a name, another word would be no host.
  if (/[.:A-Z]/.test(name) || name === "localhost") {
    return { host: parseReference(`${name}/name`).host, repository: undefined };
  }
  throw new UsageError(`${quoted(text)} is no registry: expected HOST or HOST/NAME`);
}

/**
 * Where images are sent: a reference to a tag.
 *
 * @throws {UsageError} if it is no place for them.
 */
export function pushReference(destination: string): RegistryReference {
  const reference = parseReference(destination);
  if (reference.digest === undefined) return reference;
  throw new UsageError(`${destination}: push to a tag; the digest is what the image has`);
}

/** Where the registry with this name answers: a host with its port. */
export function endpointOf(host: string): string {
  return host === DOCKER_HUB ? "registry-1.docker.io" : host;
}

/** The reference as it is written, without the scheme. */
export function formatReference({ host, repository, tag, digest }: RegistryReference): string {
  return `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${
    digest === undefined ? "" : `@${digest}`
  }`;
}
