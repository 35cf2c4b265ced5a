/**
 * The docker-archive: the tar that `docker load` and `skopeo copy docker-archive:` read, as
 * nixpkgs' streamLayeredImage frames it. An image's layers come first and each is read once: its config
 * and the manifest, which name digests, come behind them.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { type ConfigBlob, configBlob, type Image, type NamedImage } from "../image/image.ts";
import { formatJson, type OrderedJson } from "../image/json.ts";
import { checkKept } from "../layer/digest_cache.ts";
import { computeDiffId, type Layer } from "../layer/layer.ts";
import { padding } from "../tar/header.ts";
import { ArchiveFrame, memberOf } from "./archive_frame.ts";
import { repositoriesJson, type UppermostLayer, v1Layer, VERSION } from "./docker_v1.ts";
import { joinParts, type Part } from "./parts.ts";

/** How the archive names its layers' members. */
export type LayerNames = "identity" | "digest";

/** What is known of a layer when its bytes begin to go out. */
export interface LayerStart {
  /** Position of the image, 0 for the first. */
  readonly image: number;
  /** Position in the image, 0 for the lowest. */
  readonly index: number;
  /** The layer. */
  readonly layer: Layer;
  /** Size of its tar in bytes. */
  readonly size: number;
}

/** Options of {@linkcode dockerArchive}. */
export interface DockerArchiveOptions {
  /** Time of the archive's members, in seconds since the epoch. */
  readonly mtime: number;
  /**
   * `identity` (the default) names a layer by what determines it, which is known before it is read;
   * `digest` by the sha256 of its bytes, as nixpkgs does, for which every file is read twice. A
   * layer whose diff_id is known has that as its name either way, and is read once.
   */
  readonly layerNames?: LayerNames;
  /**
   * Whether the archive holds the images in the older format, too: `repositories`, and `json` and
   * `VERSION` for each layer. Layers are named by their IDs in that format, whatever `layerNames`
   * says, and every file is read twice.
   */
  readonly dockerV1?: boolean;
  /**
   * Diff_ids that were kept of layers that don't know them, by their identity. If the bytes that go
   * out have another one, the archive fails with a {@linkcode KeptDigestError}.
   */
  readonly kept?: ReadonlyMap<string, string>;
  /**
   * Diff_ids of layers that the reader of the archive has: their members are not in it, though the
   * manifest names them. Of layers that know their diff_id, or have it in `kept`. Not with `dockerV1`.
   */
  readonly omitted?: ReadonlySet<string>;
  /** Told when a layer's bytes begin to go out; not for one that is in the archive already. */
  readonly onLayer?: (start: LayerStart) => void;
  /** Told when all layers of an image are out: its config, whose digest is the image's ID. */
  readonly onConfig?: (config: ConfigBlob, diffIds: readonly string[]) => void;
}

/**
 * The archive of `images` as a readable byte stream; files are read while it is consumed. Layers
 * that several images have, or one has twice, are in it once. If it fails, what came out so far has
 * no manifest and is loaded by nothing.
 */
export function dockerArchive(
  images: readonly NamedImage[],
  options: DockerArchiveOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return joinParts(new Archive(options).parts(images));
}

/** An archive on its way: what is in it so far. */
class Archive {
  readonly #options: DockerArchiveOptions;
  readonly #frame: ArchiveFrame;
  /** The diff_ids of the layers, by their directories. */
  readonly #layers = new Map<string, string>();
  readonly #configs = new Set<string>();
  /** Of layers that were read for them, by identity. */
  readonly #digests = new Map<string, string>();

  constructor(options: DockerArchiveOptions) {
    this.#options = options;
    this.#frame = new ArchiveFrame(options.mtime);
  }

  async *parts(images: readonly NamedImage[]): AsyncGenerator<Part> {
    const manifest: OrderedJson[] = [];
    const uppermost: UppermostLayer[] = [];
    for (const [position, { image, repoTags }] of images.entries()) {
      const ids: string[] = [];
      for (const [index, layer] of image.layers.entries()) {
        const identity = await this.#identify(image, index, layer, ids.at(-1));
        ids.push(identity.id);
        if (this.#layers.has(identity.id)) continue;
        const diffId = layer.diffId ?? this.#options.kept?.get(layer.identity);
        if (diffId !== undefined && this.#options.omitted?.has(diffId)) {
          this.#layers.set(identity.id, diffId);
        } else yield* this.#layer({ image: position, index, layer }, identity);
      }
      const diffIds = ids.map((id) => this.#layers.get(id) ?? "");
      const config = configBlob(image, diffIds);
      this.#options.onConfig?.(config, diffIds);
      const name = `${config.digest.replace("sha256:", "")}.json`;
      if (!this.#configs.has(name)) yield* this.#frame.file(name, config.bytes);
      this.#configs.add(name);
      manifest.push({
        Config: name,
        // As docker save says that an image has no name.
        RepoTags: repoTags.length === 0 ? null : repoTags,
        Layers: ids.map(memberOf),
      });
      uppermost.push({ repoTags, id: ids.at(-1) });
    }
    if (this.#options.dockerV1) {
      yield* this.#frame.file("repositories", repositoriesJson(uppermost));
    }
    yield* this.#frame.file("manifest.json", formatJson(manifest));
    yield this.#frame.end();
  }

  async *#layer(
    { image, index, layer }: Omit<LayerStart, "size">,
    { id, diffId, json }: Identity,
  ): AsyncGenerator<Part> {
    // Just before it is opened: what changes from here on is found out with its path.
    const size = await layer.tarSize();
    this.#options.onLayer?.({ image, index, layer, size });
    if (json !== undefined) {
      yield this.#frame.member(`${id}/`, 0);
      yield* this.#frame.file(`${id}/VERSION`, VERSION);
      yield* this.#frame.file(`${id}/json`, json);
    }
    yield this.#frame.member(memberOf(id), size);
    // One that knows its diff_id fails by itself where it is another.
    const hash = layer.diffId === undefined ? createHash("sha256") : undefined;
    let seen = 0;
    yield {
      open: () => layer.open(),
      observe(chunk) {
        hash?.update(chunk);
        seen += chunk.length;
      },
    };
    const digest = hash ? `sha256:${hash.digest("hex")}` : layer.diffId ?? "";
    if (seen !== size || diffId !== undefined && digest !== diffId) {
      throw new ImageError(`Layer ${index + 1} changed while it was read: ${layer.label}`);
    }
    checkKept(layer, digest, this.#options.kept);
    this.#layers.set(id, digest);
    yield new Uint8Array(padding(size));
  }

  async #identify(
    image: Image,
    index: number,
    layer: Layer,
    below: string | undefined,
  ): Promise<Identity> {
    const { dockerV1, layerNames } = this.#options;
    if (dockerV1) return await v1Layer(image, index, layer, below);
    if (layerNames !== "digest" && layer.diffId === undefined) return { id: layer.identity };
    let diffId = layer.diffId ?? this.#digests.get(layer.identity);
    if (diffId === undefined) {
      diffId = await computeDiffId(layer);
      this.#digests.set(layer.identity, diffId);
    }
    return { id: diffId.replace("sha256:", ""), diffId };
  }
}

/** What is known of a layer before its bytes go out. */
interface Identity {
  /** The directory of its member. */
  readonly id: string;
  /** Where it is known, or was read for the ID. */
  readonly diffId?: string;
  /** What the older format says of it, if that is asked for. */
  readonly json?: string;
}
