/**
 * The docker-archive: the tar that `docker load` and `skopeo copy docker-archive:` read, as
 * nixpkgs' streamLayeredImage frames it. Layers come first and each is read once: config and
 * manifest, which name digests, come last.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { type ConfigBlob, configBlob, type Image } from "../image/image.ts";
import { formatJson } from "../image/json.ts";
import { computeDiffId, type Layer } from "../layer/layer.ts";
import { archiveEnd, BLOCK, encodeHeader, padding, roundUp } from "../tar/header.ts";
import { joinParts, type Part } from "./parts.ts";

/** How the archive names its layers' members. */
export type LayerNames = "identity" | "digest";

/** What is known of a layer when its bytes begin to go out. */
export interface LayerStart {
  /** Position in the image, 0 for the lowest. */
  readonly index: number;
  /** The layer. */
  readonly layer: Layer;
  /** Size of its tar in bytes. */
  readonly size: number;
}

/** Options of {@linkcode dockerArchive}. */
export interface DockerArchiveOptions {
  /** The names the image gets, such as `hello:1.0`. */
  readonly repoTags: readonly string[];
  /** Time of the archive's members, in seconds since the epoch. */
  readonly mtime: number;
  /**
   * `identity` (the default) names a layer by what determines it, which is known before it is read;
   * `digest` by the sha256 of its bytes, as nixpkgs does, for which every file is read twice.
   */
  readonly layerNames?: LayerNames;
  /** Told when a layer's bytes begin to go out. */
  readonly onLayer?: (start: LayerStart) => void;
  /** Told when all layers have gone out: the config, whose digest is the image's ID. */
  readonly onConfig?: (config: ConfigBlob, diffIds: readonly string[]) => void;
}

/**
 * The archive of `image` as a readable byte stream; files are read while it is consumed. If it
 * fails, what came out so far has no manifest and is loaded by nothing.
 */
export function dockerArchive(
  image: Image,
  options: DockerArchiveOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return joinParts(archiveParts(image, options));
}

async function* archiveParts(image: Image, options: DockerArchiveOptions): AsyncGenerator<Part> {
  let written = 0;
  const member = (name: string, size: number): Uint8Array<ArrayBuffer> => {
    const header = memberHeader(name, size, options.mtime);
    written += header.length + roundUp(size, BLOCK);
    return header;
  };
  const names: string[] = [];
  const diffIds: string[] = [];
  for (const [index, layer] of image.layers.entries()) {
    const id = options.layerNames === "digest"
      ? (await computeDiffId(layer)).replace("sha256:", "")
      : layer.identity;
    // Just before it is opened: what changes from here on is found out with its path.
    const size = await layer.tarSize();
    options.onLayer?.({ index, layer, size });
    const name = `${id}/layer.tar`;
    names.push(name);
    yield member(name, size);
    const hash = createHash("sha256");
    let seen = 0;
    yield {
      open: () => layer.open(),
      observe(chunk) {
        hash.update(chunk);
        seen += chunk.length;
      },
    };
    const digest = hash.digest("hex");
    if (seen !== size || options.layerNames === "digest" && digest !== id) {
      throw new ImageError(`Layer ${index + 1} changed while it was read: ${layer.label}`);
    }
    diffIds.push(`sha256:${digest}`);
    yield new Uint8Array(padding(size));
  }

  const config = configBlob(image, diffIds);
  options.onConfig?.(config, diffIds);
  const configName = `${config.digest.replace("sha256:", "")}.json`;
  const manifest = [{ Config: configName, RepoTags: options.repoTags, Layers: names }];
  const texts: [string, string][] = [[configName, config.text], [
    "manifest.json",
    formatJson(manifest),
  ]];
  for (const [name, text] of texts) {
    const bytes = new TextEncoder().encode(text);
    yield member(name, bytes.length);
    yield bytes;
    yield new Uint8Array(padding(bytes.length));
  }
  yield new Uint8Array(archiveEnd(written) - written);
}

function memberHeader(name: string, size: number, mtime: number): Uint8Array<ArrayBuffer> {
  const owner = { uid: 0, gid: 0, uname: "", gname: "" };
  const header = { name, type: "file", mode: 0o644, size, mtime, linkname: "", ...owner } as const;
  return encodeHeader(header, "pax");
}
