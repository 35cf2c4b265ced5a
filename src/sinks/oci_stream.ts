/**
 * An OCI archive (OCI image spec, image layout, in a tar) as a stream, for programs that read it from
 * a pipe. Its layers are not compressed; their digests must be known before.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import { type ConfigBlob, configBlob, type NamedImage, sha256Of } from "../image/image.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import { indexJson, manifestJson, OCI_LAYOUT_JSON } from "../image/oci_documents.ts";
import { checkKept, type LayerDigest } from "../layer/digest_cache.ts";
import type { Layer } from "../layer/layer.ts";
import { archiveEnd, BLOCK, padding, roundUp } from "../tar/header.ts";
import { memberHeader } from "./layout_files.ts";
import { joinParts, type Part } from "./parts.ts";

/** Options of {@linkcode ociStream}. */
export interface OciStreamOptions {
  /** Time of the archive's members, in seconds since the epoch. */
  readonly mtime: number;
  /** Of the layers' tars, one for each. If the bytes have others, the archive fails. */
  readonly digests: readonly LayerDigest[];
  /** Digests of layers that the reader of the archive has: the manifest names them, and it lacks them. */
  readonly omitted: ReadonlySet<string>;
  /** Told when a layer's bytes begin to go out. */
  readonly onLayer?: (start: { readonly index: number; readonly size: number }) => void;
  /** Told the config before all else. */
  readonly onConfig?: (config: ConfigBlob, diffIds: readonly string[]) => void;
}

/**
 * The archive of an image as a readable byte stream; files are read while it is consumed. The index
 * comes last: what is cut off is no image.
 */
export function ociStream(
  named: NamedImage,
  options: OciStreamOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return joinParts(parts(named, options));
}

async function* parts(named: NamedImage, options: OciStreamOptions): AsyncGenerator<Part> {
  const { image } = named;
  const { mtime, digests, omitted, onLayer } = options;
  let written = 0;
  const member = (name: string, size: number) => {
    const header = memberHeader(name, size, mtime);
    written += header.length + roundUp(size, BLOCK);
    return header;
  };
  function* file(name: string, content: string | Uint8Array): Generator<Uint8Array> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    yield member(name, bytes.length);
    yield bytes;
    yield new Uint8Array(padding(bytes.length));
  }
  const layers = digests.map(({ digest, size }) => ({ mediaType: MEDIA_TYPE.layer, digest, size }));
  const diffIds = digests.map(({ digest }) => digest);
  const config = configBlob(image, diffIds);
  options.onConfig?.(config, diffIds);
  const configDescriptor = {
    mediaType: MEDIA_TYPE.config,
    digest: config.digest,
    size: config.bytes.length,
  };
  const manifest = new TextEncoder().encode(manifestJson(image, configDescriptor, layers));
  const manifestDescriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: sha256Of(manifest),
    size: manifest.length,
  };

  yield* file("oci-layout", OCI_LAYOUT_JSON);
  const there = new Set(omitted);
  for (const [index, layer] of image.layers.entries()) {
    const { digest, size } = digests[index]!;
    if (there.has(digest)) continue;
    there.add(digest);
    onLayer?.({ index, size });
    yield member(blobName(digest), size);
    yield* content(layer, digests[index]!);
    yield new Uint8Array(padding(size));
  }
  yield* file(blobName(config.digest), config.bytes);
  yield* file(blobName(manifestDescriptor.digest), manifest);
  yield* file("index.json", indexJson([{ ...named, manifest: manifestDescriptor }]));
  yield new Uint8Array(archiveEnd(written) - written);
}

/** The bytes of a layer, compared with what they should be. */
async function* content(layer: Layer, { digest, size }: LayerDigest): AsyncGenerator<Part> {
  const hash = createHash("sha256");
  let seen = 0;
  yield {
    open: () => layer.open(),
    observe(chunk) {
      hash.update(chunk);
      seen += chunk.length;
    },
  };
  checkKept(layer, `sha256:${hash.digest("hex")}`, new Map([[layer.identity, digest]]));
  if (seen !== size) throw new ImageError(`A layer changed while it was read: ${layer.label}`);
}

function blobName(digest: string): string {
  return `blobs/sha256/${digest.replace("sha256:", "")}`;
}
