/**
 * What images out of registries are asked by, and called then.
 * @module
 */

import { platformText } from "../base/choose_image.ts";
import { UsageError } from "../errors.ts";
import { formatReference, parseReference, type RegistryReference } from "../registry/reference.ts";
import type { ResolvedImage } from "../registry/resolve.ts";
import { IMAGE_NAME, IMAGE_TAG } from "../spec/image_name.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";

/**
 * Reads NAME[:TAG|@DIGEST].
 *
 * @param digest the same as a digest behind it
 * @throws {UsageError} if it is no name of an image in a registry, or two digests are given.
 */
export function registryImage(text: string, digest?: string): RegistryReference {
  const reference = parseReference(text);
  if (digest === undefined) return reference;
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new UsageError(
      `--digest: expected sha256: and 64 hexadecimal digits, found ${JSON.stringify(digest)}`,
    );
  }
  if (reference.digest !== undefined && reference.digest !== digest) {
    throw new UsageError(
      `--digest ${digest} and the digest of ${text} are different ones; give one of them`,
    );
  }
  // `latest` is there if nothing was said.
  return { ...reference, digest };
}

/** Options of what the image is called. */
export interface FinalNameOptions {
  readonly finalName?: string;
  readonly finalTag?: string;
}

/** What an image is called. */
export interface FinalName {
  /** The repository's name as it was given. */
  readonly given: string;
  /** The name that it is to have, and the tag. */
  readonly name: string;
  readonly tag: string;
}

/**
 * What the image is to be called, without options as it was named.
 *
 * @param given the name as it was given
 * @throws {UsageError} if it can not be called so.
 */
export function finalName(
  given: string,
  { tag }: RegistryReference,
  options: FinalNameOptions,
): FinalName {
  const repository = given.replace(/^docker:\/\//, "").replace(/@.*$/, "").replace(/:[^:/]*$/, "");
  const name = options.finalName ?? repository;
  const finalTag = options.finalTag ?? tag ?? "latest";
  if (!IMAGE_NAME.test(name) || name !== name.toLowerCase()) {
    throw new UsageError(
      `--final-name: expected a name in lower case, without tag, found ${JSON.stringify(name)}`,
    );
  }
  if (!IMAGE_TAG.test(finalTag)) {
    throw new UsageError(`--final-tag: expected a tag, found ${JSON.stringify(finalTag)}`);
  }
  return { given: repository, name, tag: finalTag };
}

/** An image before its layers are got, on one line. */
export function imageLine(reference: RegistryReference, image: ResolvedImage): string {
  const { layers, manifest, platform } = image;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const facts = [
    platformText(platform),
    formatCount(layers.length, "layer"),
    formatBytes(size),
    manifest.digest,
  ];
  return `${formatReference(reference)}: ${facts.join(", ")}`;
}
