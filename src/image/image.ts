/**
 * An image as a value, and the JSON that describes it.
 * @module
 */

import { createHash } from "node:crypto";
import type { Layer } from "../layer/layer.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import { formatJson, sortKeys } from "./json.ts";

/** An image: all of its config but the diff_ids, which come from reading the layers. */
export interface Image {
  /** OCI name, such as `amd64`. */
  readonly architecture: string;
  /** Such as `v7`; null where the architecture says it all. */
  readonly variant: string | null;
  /** The operating system, `linux`. */
  readonly os: string;
  /** RFC 3339, such as `1970-01-01T00:00:01+00:00`. */
  readonly created: string;
  /** What a container of the image runs with (OCI image spec, config, `config`). */
  readonly config: JsonObject;
  /** Lowest layer first. */
  readonly layers: readonly Layer[];
}

/** A JSON document of an image and the digest that names it. */
export interface ConfigBlob {
  /** The JSON. */
  readonly text: string;
  /** `sha256:` and 64 hexadecimal digits. Docker calls it the image's ID. */
  readonly digest: string;
}

/**
 * The config of an image (OCI image spec, config) with nixpkgs' keys, order and formatting.
 *
 * @param diffIds one for each layer of the image
 */
export function configBlob(image: Image, diffIds: readonly string[]): ConfigBlob {
  const { created, architecture, variant, os, layers } = image;
  const text = formatJson(
    new Map(Object.entries({
      created,
      architecture,
      ...variant === null ? {} : { variant },
      os,
      config: sortKeys(image.config),
      rootfs: { diff_ids: diffIds, type: "layers" },
      history: layers.map(({ comment }) => ({ created, comment })),
    })),
  );
  return { text, digest: `sha256:${createHash("sha256").update(text).digest("hex")}` };
}
