/**
 * An image as a value, and the JSON that describes it.
 * @module
 */

import { createHash } from "node:crypto";
import type { Layer } from "../layer/layer.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import type { ImagePlatform } from "./image_platform.ts";
import { formatJson, sortKeys } from "./json.ts";

/** An image: all of its config but the diff_ids, which come from reading the layers. */
export interface Image {
  /** OCI name, such as `amd64`. */
  readonly architecture: string;
  /** Such as `v7`; null where the architecture says it all. */
  readonly variant: string | null;
  /** The operating system, `linux`. */
  readonly os: string;
  /** What an index says of that, where the image has come with one that says more. */
  readonly platform?: ImagePlatform;
  /** RFC 3339, such as `1970-01-01T00:00:01+00:00`. */
  readonly created: string;
  /** What a container of the image runs with (OCI image spec, config, `config`). */
  readonly config: JsonObject;
  /** Lowest layer first. */
  readonly layers: readonly Layer[];
  /** How the layers came to be, one after the other (OCI image spec, config, `history`). */
  readonly history: readonly JsonObject[];
  /** What a manifest says of the image besides (OCI image spec, annotations). */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The documents of an image that others made, which are passed on as they are. */
  readonly original?: OriginalDocuments;
}

/** The JSON documents of an image as its makers wrote them: its digests are theirs. */
export interface OriginalDocuments {
  /** The config. */
  readonly config: Uint8Array<ArrayBuffer>;
  /** The manifest, where its format has one with a digest (OCI, Docker's schema 2). */
  readonly manifest?: { readonly mediaType: string; readonly bytes: Uint8Array<ArrayBuffer> };
}

/** An image and the names it goes by. */
export interface NamedImage {
  /** The image. */
  readonly image: Image;
  /** Such as `hello:1.0`; none for an image that nobody named. */
  readonly repoTags: readonly string[];
  /** Names that are no such, as a tag alone: only an OCI layout can have them. */
  readonly refNames?: readonly string[];
}

/** A JSON document of an image and the digest that names it. */
export interface ConfigBlob {
  /** The JSON. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** `sha256:` and 64 hexadecimal digits. Docker calls it the image's ID. */
  readonly digest: string;
}

/**
 * The config of an image (OCI image spec, config) with nixpkgs' keys, order and formatting; of an
 * image that others made, the one it came with.
 *
 * @param diffIds one for each layer of the image
 */
export function configBlob(image: Image, diffIds: readonly string[]): ConfigBlob {
  const bytes = image.original?.config ?? new TextEncoder().encode(configText(image, diffIds));
  return { bytes, digest: sha256Of(bytes) };
}

/** The digest of `bytes`: `sha256:` and 64 hexadecimal digits. */
export function sha256Of(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function configText(image: Image, diffIds: readonly string[]): string {
  const { created, architecture, variant, os, history } = image;
  return formatJson(
    new Map(Object.entries({
      created,
      architecture,
      ...variant === null ? {} : { variant },
      os,
      config: sortKeys(image.config),
      rootfs: { diff_ids: diffIds, type: "layers" },
      history,
    })),
  );
}
