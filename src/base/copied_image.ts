/**
 * An image whose layers are copied with the headers that they have in its archive, compressed or
 * not, as nixpkgs' streamLayeredImage copies them.
 * @module
 */

import { createHash } from "node:crypto";
import { ImageError } from "../errors.ts";
import type { JsonObject } from "../spec/image_spec.ts";
import { decodeName } from "../tar/name.ts";
import type { ArchiveMember } from "../tar/read.ts";
import type { TarHeader } from "../tar/tar_header.ts";
import { quoted } from "../visible.ts";
import type { CopiedMember } from "./copied_member.ts";
import { dockerArchiveImages } from "./docker_archive_images.ts";
import { archiveManifestSchema, readDocument } from "./documents.ts";
import { type ImageFile, type ImageFiles, openImageFiles } from "./image_files.ts";
import type { StoredLayer } from "./stored_image.ts";
import { verifiedContent } from "./verified.ts";

/** An image that is open: its layers can be read until it is disposed of. */
export interface CopiedImage extends Disposable {
  /** What a container of it runs with (OCI image spec, config, `config`). */
  readonly config: JsonObject;
  /** Lowest layer first. */
  readonly layers: readonly CopiedMember[];
}

/** Extended headers of all members are kept until it is known which are layers: so many bytes. */
const MAX_RECORDS = 4 << 20;

const CHUNK = 1 << 18;

/**
 * Opens the first image of a docker-archive.
 *
 * @throws {ImageError} if it can not be read, is no such archive, or is broken.
 */
export async function openCopiedImage(path: string): Promise<CopiedImage> {
  const headers = new Map<string, TarHeader>();
  let recordBytes = 0;
  const files = await openImageFiles(path, {
    onMember(member) {
      for (const { length } of member.records.values()) recordBytes += length;
      if (recordBytes <= MAX_RECORDS) return void headers.set(member.name, headerOf(member));
      throw new ImageError(`${path} is no usual set of images: its extended headers are too large`);
    },
  });
  try {
    const manifest = files.archived ? files.find("manifest.json") : undefined;
    if (!manifest) throw new ImageError(`${path} is no docker-archive: it has no manifest.json`);
    const [image] = await dockerArchiveImages(files, manifest);
    if (!image) throw new ImageError(`${path} holds no images: manifest.json names none`);
    const names = (await readDocument(files, manifest, archiveManifestSchema)).value[0]?.Layers;
    const layers: CopiedMember[] = [];
    for (const [index, layer] of image.layers.entries()) {
      const header = headers.get(names?.[index] ?? "");
      if (!header) throw missing(path, index, layer);
      layers.push(await copiedMember(files, header, layer));
    }
    checkLinks(path, layers, image.layers);
    return { config: image.config, layers, [Symbol.dispose]: () => files[Symbol.dispose]() };
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }
}

/** As Python's `tarfile` keeps it. */
function headerOf(member: ArchiveMember): TarHeader {
  const { name, type, mode, uid, gid, size, mtime, linkname, uname, gname, records } = member;
  const texts = Array.from(records, ([key, value]) => [key, decodeName(value)] as const);
  const kept = texts.length === 0 ? {} : { records: new Map(texts) };
  return { name, type, mode, uid, gid, size, mtime, linkname, uname, gname, ...kept };
}

async function copiedMember(
  files: ImageFiles,
  header: TarHeader,
  layer: StoredLayer,
): Promise<CopiedMember> {
  const { label, diffId, name } = layer;
  const member = { label: `${label}: ${header.name}`, header, diffId };
  if (header.type !== "file") return member;
  const file = files.find(layer.location);
  // Of one that is compressed, to ask for the size is a pass, in which the diff_id is verified.
  if (file === undefined || await layer.tarSize() === file.size) {
    return { ...member, open: () => layer.open() };
  }
  const expected = { digest: await digestOf(file), size: file.size, name };
  return { ...member, open: () => verifiedContent(() => file.open(), expected) };
}

async function digestOf(file: ImageFile): Promise<string> {
  const hash = createHash("sha256");
  const content = file.open();
  const chunk = new Uint8Array(CHUNK);
  try {
    for (let length; (length = await content.read(chunk)) > 0;) {
      hash.update(chunk.subarray(0, length));
    }
  } finally {
    content.close();
  }
  return `sha256:${hash.digest("hex")}`;
}

/** A link goes into the new archive as one, and so has to lead to another layer. */
function checkLinks(
  path: string,
  members: readonly CopiedMember[],
  layers: readonly StoredLayer[],
): void {
  const copied = new Set(layers.filter((_, index) => members[index]?.open).map(placeOf));
  for (const [index, layer] of layers.entries()) {
    if (copied.has(placeOf(layer))) continue;
    const name = quoted(members[index]?.header.name ?? "");
    throw new ImageError(
      `${path}: ${name} (layer ${index + 1}) is a link to a file that is no layer, and links are ` +
        "copied as links: save the image again with skopeo or a newer Docker",
    );
  }
}

function placeOf({ location }: StoredLayer): string {
  return location;
}

function missing(path: string, index: number, { location }: StoredLayer): ImageError {
  return new ImageError(
    `${path}: manifest.json names layer ${index + 1} otherwise than the archive: ` +
      quoted(location),
  );
}
