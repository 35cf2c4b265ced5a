/**
 * The JSON documents of images: `manifest.json` of a docker-archive (Docker image specification
 * 1.2), and the config, manifest and index of OCI (image spec 1.1), whose counterparts of Docker
 * (schema 2) differ in media types alone.
 *
 * Of a field that is there twice the last one counts, as for the programs of others. Where they
 * write null for an empty array, it is taken for one.
 * @module
 */

import { z } from "zod";
import { ImageError } from "../errors.ts";
import { sha256Of } from "../image/image.ts";
import type { JsonObject, JsonValue } from "../spec/image_spec.ts";
import { JsonTextError, parseJson } from "../spec/json_text.ts";
import { problemLines } from "../spec/problem.ts";
import { schemaProblems } from "../spec/schema_issues.ts";
import { shownName } from "./file_names.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";

/** Registries take no larger manifest; configs are smaller still. */
const MAX_DOCUMENT = 4 << 20;

/** A digest. */
export const digestSchema = z.string({ error: "a digest, sha256: and 64 hexadecimal digits" })
  .regex(/^sha256:[0-9a-f]{64}$/, { error: "a digest, sha256: and 64 hexadecimal digits" });
const text = z.string({ error: "a string" });
const size = z.int({ error: "a size in bytes" }).nonnegative({ error: "a size in bytes" });

// Whatever it holds is JSON: it came from JSON.
const object = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  { error: "an object" },
);

const texts = object.transform((value, context) => {
  const wrong = Object.entries(value).find(([, text]) => typeof text !== "string");
  if (wrong === undefined) return value as Record<string, string>;
  context.issues.push({ code: "custom", message: "a string", path: [wrong[0]], input: wrong[1] });
  return z.NEVER;
});

/** In an array; and in one error, of which one line would do. */
const MOST_WRONG = 20, MOST_TOLD = 5;

/**
 * An array, of which the first items that are wrong are told: zod would collect what is wrong with
 * all of a million.
 */
function arrayOf<T>(item: z.ZodType<T>, error: string) {
  return z.array(z.unknown(), { error }).transform((values, context): T[] => {
    const items: T[] = [];
    let wrong = 0;
    for (const [index, input] of values.entries()) {
      const parsed = item.safeParse(input);
      if (parsed.success) {
        items.push(parsed.data);
        continue;
      }
      for (const { message, path } of parsed.error.issues) {
        context.issues.push({ code: "custom", message, path: [index, ...path], input });
      }
      if (++wrong === MOST_WRONG) break;
    }
    return wrong === 0 ? items : z.NEVER;
  });
}

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
export const archiveManifestSchema = arrayOf(
  z.looseObject({
    Config: text,
    RepoTags: arrayOf(text, "an array of names, or null").nullish(),
    Layers: arrayOf(text, "an array of file names").nullish(),
  }, { error: "an object" }),
  "an array",
);

/** The config of an image. */
export const configSchema = z.looseObject({
  architecture: text,
  os: text,
  variant: text.nullish(),
  created: text.nullish(),
  config: object.nullish(),
  rootfs: z.looseObject({
    diff_ids: arrayOf(digestSchema, "an array of digests").nullish(),
  }, { error: "an object" }),
  history: arrayOf(object, "an array").nullish(),
}, { error: "an object" });

/** See {@linkcode configSchema}. */
export type ConfigDocument = z.infer<typeof configSchema>;

/** An index, `index.json` included. */
export const indexSchema = z.looseObject({
  manifests: arrayOf(descriptorSchema, "an array of descriptors").nullish(),
}, { error: "an object" });

/** A manifest. */
export const manifestSchema = z.looseObject({
  config: descriptorSchema,
  layers: arrayOf(descriptorSchema, "an array of descriptors").nullish(),
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
  const name = `${files.path}: ${shownName(file.name)}`;
  return checkedDocument(files, await readAll(file, name), name, schema);
}

/**
 * A document whose bytes were read, after checking its form.
 *
 * @throws {ImageError} if they are no JSON, or of another form.
 */
export function checkedDocument<T>(
  files: Pick<ImageFiles, "documents">,
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  schema: z.ZodType<T>,
): Document<T> {
  const document = parseDocument(files, bytes, name);
  const parsed = schema.safeParse(document);
  if (parsed.success) return { bytes, digest: sha256Of(bytes), value: parsed.data };
  const problems = problemLines(name, schemaProblems(parsed.error.issues, document));
  throw new ImageError(problems.slice(0, MOST_TOLD).join("\n"));
}

/**
 * What a document's bytes say.
 *
 * @throws {ImageError} if they are no JSON, or say too much.
 */
export function parseDocument(
  files: Pick<ImageFiles, "documents">,
  bytes: Uint8Array,
  name: string,
): JsonValue {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ImageError(`${name}: expected JSON, which is UTF-8`, { cause });
  }
  files.documents.add(bytes);
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonTextError)) throw cause;
    throw new ImageError(`${name}: expected JSON: ${cause.message}`, { cause });
  }
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
      `${files.path}: ${
        shownName(file.name)
      } has ${file.size} bytes, and its descriptor says ${size}`,
    );
  }
  const document = await readDocument(files, file, schema);
  if (document.digest === digest) return document;
  throw new ImageError(
    `${files.path}: ${shownName(file.name)} is damaged or another one: it has ${document.digest}`,
  );
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
