/**
 * The JSON documents of images: `manifest.json` of a docker-archive (Docker image specification
 * 1.2), and the config, manifest and index of OCI (image spec 1.1), whose counterparts of Docker
 * (schema 2) differ in media types alone.
 * @module
 */

import { z } from "zod";
import { ImageError } from "../errors.ts";
import type { JsonValue } from "../spec/image_spec.ts";
import { sha256Of } from "../image/image.ts";
import { JsonTextError, parseJson } from "../spec/json_text.ts";
import { problemLines } from "../spec/problem.ts";
import { schemaProblems } from "../spec/schema_issues.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";

/** Registries take no larger manifest; configs are smaller still. */
const MAX_DOCUMENT = 4 << 20;

/** A digest. */
export const digestSchema = z.string({ error: "a digest, sha256: and 64 hexadecimal digits" })
  .regex(/^sha256:[0-9a-f]{64}$/, { error: "a digest, sha256: and 64 hexadecimal digits" });
const text = z.string({ error: "a string" });
const object = z.record(z.string(), z.json(), { error: "an object" });
const texts = z.record(z.string(), text, { error: "an object of strings" });
const size = z.int({ error: "a size in bytes" }).nonnegative({ error: "a size in bytes" });

const platform = z.looseObject({
  os: text,
  architecture: text,
  variant: text.nullish(),
}, { error: "a platform" });

/** What tells of a blob (OCI image spec, descriptor). */
export const descriptorSchema = z.looseObject({
  mediaType: text,
  digest: digestSchema,
  size,
  platform: platform.nullish(),
  annotations: texts.nullish(),
}, { error: "a descriptor" });

/** See {@linkcode descriptorSchema}. */
export type Descriptor = z.infer<typeof descriptorSchema>;

/** `manifest.json` of a docker-archive. */
export const archiveManifestSchema = z.array(
  z.looseObject({
    Config: text,
    RepoTags: z.array(text, { error: "an array of names, or null" }).nullish(),
    Layers: z.array(text, { error: "an array of file names" }),
  }, { error: "an object" }),
  { error: "an array" },
);

/** The config of an image. */
export const configSchema = z.looseObject({
  architecture: text,
  os: text,
  variant: text.nullish(),
  created: text.nullish(),
  config: object.nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(digestSchema, { error: "an array of digests" }) }, {
    error: "an object",
  }),
  history: z.array(object, { error: "an array" }).nullish(),
}, { error: "an object" });

/** See {@linkcode configSchema}. */
export type ConfigDocument = z.infer<typeof configSchema>;

/** An index, `index.json` included. */
export const indexSchema = z.looseObject({
  manifests: z.array(descriptorSchema, { error: "an array of descriptors" }),
}, { error: "an object" });

/** A manifest. */
export const manifestSchema = z.looseObject({
  config: descriptorSchema,
  layers: z.array(descriptorSchema, { error: "an array of descriptors" }),
  annotations: texts.nullish(),
}, { error: "an object" });

/** A document that has been read. */
export interface Document<T> {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly digest: string;
  readonly value: T;
}

/**
 * Reads a document and checks its form.
 *
 * @throws {ImageError} if it is too large, no JSON, or of another form.
 */
export async function readDocument<T>(
  files: ImageFiles,
  file: ImageFile,
  schema: z.ZodType<T>,
): Promise<Document<T>> {
  const name = `${files.path}: ${file.name}`;
  const bytes = await readAll(file, name);
  const document = parseDocument(bytes, name);
  const parsed = schema.safeParse(document);
  if (parsed.success) return { bytes, digest: sha256Of(bytes), value: parsed.data };
  throw new ImageError(
    problemLines(name, schemaProblems(parsed.error.issues, document)).join("\n"),
  );
}

/**
 * Reads the document that a descriptor tells of.
 *
 * @throws {ImageError} as {@linkcode readDocument} does, and if it has another digest or size.
 */
export async function readDescribed<T>(
  files: ImageFiles,
  file: ImageFile,
  { digest, size }: Descriptor,
  schema: z.ZodType<T>,
): Promise<Document<T>> {
  if (file.size !== size) {
    throw new ImageError(
      `${files.path}: ${file.name} has ${file.size} bytes, and its descriptor says ${size}`,
    );
  }
  const document = await readDocument(files, file, schema);
  if (document.digest === digest) return document;
  throw new ImageError(`${files.path}: ${file.name} has the digest ${document.digest}`);
}

/**
 * What a document's bytes say.
 *
 * @throws {ImageError} if they are no JSON.
 */
export function parseDocument(bytes: Uint8Array, name: string): JsonValue {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof JsonTextError ? error.message : "not UTF-8";
    throw new ImageError(`${name}: expected JSON: ${reason}`, { cause: error });
  }
}

/**
 * The bytes of a document.
 *
 * @throws {ImageError} if there are too many, or they can not be read.
 */
export async function readAll(
  { size, open }: ImageFile,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (size > MAX_DOCUMENT) {
    throw new ImageError(`${name} has ${size} bytes: no document of an image has more than 4 MiB`);
  }
  const bytes = new Uint8Array(size);
  const content = open();
  try {
    let at = 0;
    while (at < size) {
      const length = await content.read(bytes.subarray(at));
      if (length === 0) throw new ImageError(`${name} ends after ${at} of ${size} bytes`);
      at += length;
    }
    return bytes;
  } finally {
    content.close();
  }
}
