/**
 * The archive of nixpkgs' streamLayeredImage, byte for byte: layers are named by their digests, so
 * that layers of store paths are read twice.
 * @module
 */

import { createHash } from "node:crypto";
import type { CopiedMember } from "../base/copied_member.ts";
import { ImageError } from "../errors.ts";
import { sha256Of } from "../image/image.ts";
import { formatJson } from "../image/json.ts";
import type { ListedLayer, StreamerImage } from "../image/streamer_image.ts";
import { checkKept } from "../layer/digest_cache.ts";
import { padding } from "../tar/header.ts";
import { ArchiveFrame, memberOf } from "./archive_frame.ts";
import { DigestsAhead } from "./digests_ahead.ts";
import { joinParts, type Part } from "./parts.ts";

/** Options of {@linkcode streamerArchive}. */
export interface StreamerArchiveOptions {
  /**
   * Diff_ids that were kept of layers of store paths, by their identity: these are read once. If the
   * bytes that go out have another one, the archive fails with a {@linkcode KeptDigestError}.
   */
  readonly kept: ReadonlyMap<string, string>;
  /** Told when a layer's bytes, of which there are so many, begin to go out. */
  readonly onLayer: (index: number, size: number) => void;
  /** Told of the image's ID, when all layers are out. */
  readonly onConfig: (digest: string, diffIds: readonly string[]) => void;
}

/**
 * The archive as a readable byte stream; files are read while it is consumed. If it fails, what
 * came out so far has no manifest and is loaded by nothing.
 */
export function streamerArchive(
  image: StreamerImage,
  options: StreamerArchiveOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return joinParts(partsOf(image, options));
}

async function* partsOf(
  image: StreamerImage,
  { kept, onLayer, onConfig }: StreamerArchiveOptions,
): AsyncGenerator<Part> {
  const frame = new ArchiveFrame(image.owner.mtime);
  const isKept = (index: number) => {
    const layer = image.layers[index];
    return layer !== undefined && "paths" in layer && kept.has(layer.layer.identity);
  };
  using digests = new DigestsAhead(image, isKept);
  const diffIds: string[] = [];
  const names: string[] = [];
  for (const [index, layer] of image.layers.entries()) {
    if ("header" in layer) {
      onLayer(index, layer.header.size);
      yield* copied(frame, layer);
      diffIds.push(layer.diffId);
      names.push(layer.header.name);
      continue;
    }
    const { identity } = layer.layer;
    const diffId = kept.get(identity);
    const found = diffId === undefined
      ? await digests.of(index, layer)
      : { digest: diffId, size: await layer.layer.tarSize() };
    onLayer(index, found.size);
    const name = memberOf(found.digest.replace("sha256:", ""));
    yield frame.member(name, found.size);
    yield* verified(layer, found, kept);
    diffIds.push(found.digest);
    names.push(name);
  }
  const config = new TextEncoder().encode(image.config(diffIds));
  const digest = sha256Of(config);
  onConfig(digest, diffIds);
  const configName = `${digest.replace("sha256:", "")}.json`;
  yield* frame.file(configName, config);
  const manifest = [{ Config: configName, RepoTags: [image.repoTag], Layers: names }];
  yield* frame.file("manifest.json", formatJson(manifest));
  yield frame.end();
}

function* copied(frame: ArchiveFrame, { header, open }: CopiedMember): Generator<Part> {
  yield frame.header(header);
  if (!open) return;
  yield { open, observe: () => {} };
  yield new Uint8Array(padding(header.size));
}

function* verified(
  { layer }: ListedLayer,
  { digest, size }: { readonly digest: string; readonly size: number },
  kept: ReadonlyMap<string, string>,
): Generator<Part> {
  const hash = createHash("sha256");
  let seen = 0;
  yield {
    open: () => layer.open(),
    observe(chunk) {
      hash.update(chunk);
      seen += chunk.length;
    },
  };
  const found = `sha256:${hash.digest("hex")}`;
  checkKept(layer, found, kept);
  if (seen !== size || found !== digest) {
    throw new ImageError(`A layer changed while it was read: ${layer.label}`);
  }
  yield new Uint8Array(padding(size));
}
