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
import { repositoriesJson, v1Layer, VERSION } from "./docker_v1.ts";
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
  /**
   * Whether the archive holds the image in the older format, too: `repositories`, and `json` and
   * `VERSION` for each layer. Layers are named by their IDs in that format, whatever `layerNames`
   * says, and every file is read twice.
   */
  readonly dockerV1?: boolean;
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
  const file = (name: string, content: string | Uint8Array): Uint8Array[] => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return [member(name, bytes.length), bytes, new Uint8Array(padding(bytes.length))];
  };
  const names: string[] = [];
  const diffIds: string[] = [];
  let below: string | undefined;
  for (const [index, layer] of image.layers.entries()) {
    const { id, diffId, json } = await identify(image, index, layer, below, options);
    below = id;
    // Just before it is opened: what changes from here on is found out with its path.
    const size = await layer.tarSize();
    options.onLayer?.({ index, layer, size });
    const name = `${id}/layer.tar`;
    names.push(name);
    if (json !== undefined) {
      yield member(`${id}/`, 0);
      yield* file(`${id}/VERSION`, VERSION);
      yield* file(`${id}/json`, json);
    }
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
    const digest = `sha256:${hash.digest("hex")}`;
    if (seen !== size || diffId !== undefined && digest !== diffId) {
      throw new ImageError(`Layer ${index + 1} changed while it was read: ${layer.label}`);
    }
    diffIds.push(digest);
    yield new Uint8Array(padding(size));
  }

  const config = configBlob(image, diffIds);
  options.onConfig?.(config, diffIds);
  const configName = `${config.digest.replace("sha256:", "")}.json`;
  const manifest = [{ Config: configName, RepoTags: options.repoTags, Layers: names }];
  yield* file(configName, config.bytes);
  if (options.dockerV1) yield* file("repositories", repositoriesJson(options.repoTags, below));
  yield* file("manifest.json", formatJson(manifest));
  yield new Uint8Array(archiveEnd(written) - written);
}

/** What is known of a layer before its bytes go out. */
interface Identity {
  /** The directory of its member. */
  readonly id: string;
  /** Where it was read for the ID. */
  readonly diffId?: string;
  /** What the older format says of it, if that is asked for. */
  readonly json?: string;
}

async function identify(
  image: Image,
  index: number,
  layer: Layer,
  below: string | undefined,
  { dockerV1, layerNames }: DockerArchiveOptions,
): Promise<Identity> {
  if (dockerV1) return await v1Layer(image, index, layer, below);
  if (layerNames !== "digest") return { id: layer.identity };
  const diffId = await computeDiffId(layer);
  return { id: diffId.replace("sha256:", ""), diffId };
}

function memberHeader(name: string, size: number, mtime: number): Uint8Array<ArrayBuffer> {
  const kind = name.endsWith("/")
    ? { type: "directory", mode: 0o755 } as const
    : { type: "file", mode: 0o644 } as const;
  const owner = { uid: 0, gid: 0, uname: "", gname: "" };
  return encodeHeader({ name, ...kind, size, mtime, linkname: "", ...owner }, "pax");
}
