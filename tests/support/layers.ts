/** Layers and images of a few bytes, for what writes them. */

import { gzipSync } from "node:zlib";
import { type Image, sha256Of } from "../../src/image/image.ts";
import type { Layer, StoredBlob } from "../../src/layer/layer.ts";
import { membersOf, tarStream } from "../../src/tar/stream.ts";
import { contentOfBytes } from "../../src/tar/stream.ts";

/** A layer that counts how often it is read. */
export interface CountingLayer extends Layer {
  /** How often the tar was opened, and the blob. */
  readonly opened: { tar: number; blob: number };
}

/** A layer with one file. */
export async function layerWith(
  name: string,
  content: string | Uint8Array,
): Promise<CountingLayer> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const member = {
    name,
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    mtime: 1,
    linkname: "",
    uname: "",
    gname: "",
    origin: name,
    open: () => contentOfBytes(bytes),
  } as const;
  const tar = await new Response(tarStream(membersOf([member]), "pax")).bytes();
  return layerOf(name, tar);
}

/** A layer of these bytes. */
export function layerOf(label: string, tar: Uint8Array<ArrayBuffer>): CountingLayer {
  const opened = { tar: 0, blob: 0 };
  return {
    label,
    comment: label,
    identity: sha256Of(new TextEncoder().encode(label)).slice(7),
    opened,
    tarSize: () => Promise.resolve(tar.length),
    open() {
      opened.tar++;
      return new Blob([tar]).stream();
    },
  };
}

/** The same layer as a base image has it, with its diff_id; if `mediaType` is given, as a blob. */
export async function storedLayer(
  layer: CountingLayer,
  mediaType?: string,
): Promise<CountingLayer> {
  const tar = await new Response(layer.open()).bytes();
  const stored = { ...layerOf(`stored ${layer.label}`, tar), diffId: sha256Of(tar) };
  if (mediaType === undefined) return stored;
  const bytes = /gzip$/.test(mediaType) ? new Uint8Array(gzipSync(tar, { level: 1 })) : tar;
  const blob: StoredBlob = {
    mediaType,
    digest: sha256Of(bytes),
    size: bytes.length,
    open() {
      stored.opened.blob++;
      return new Blob([bytes]).stream();
    },
  };
  return { ...stored, blob };
}

/** An image of these layers. */
export function imageWith(layers: readonly Layer[], more: Partial<Image> = {}): Image {
  return {
    architecture: "amd64",
    variant: null,
    os: "linux",
    created: "1970-01-01T00:00:01+00:00",
    config: { Cmd: ["/bin/sh"] },
    layers,
    history: layers.map(({ comment }) => ({ created: "1970-01-01T00:00:01+00:00", comment })),
    ...more,
  };
}
