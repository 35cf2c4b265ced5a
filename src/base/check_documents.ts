/**
 * Reading the documents of images so that all that is wrong with them is found, and what is right
 * can be used.
 * @module
 */

import { z } from "zod";
import { sha256Of } from "../image/image.ts";
import { formatJsonPath } from "../spec/problem.ts";
import { schemaProblems } from "../spec/schema_issues.ts";
import type { Findings } from "./check_findings.ts";
import {
  archiveManifestSchema,
  configSchema,
  descriptorSchema,
  digestSchema,
  indexSchema,
  manifestSchema,
  parseDocument,
  readAll,
} from "./documents.ts";
import type { ImageFile, ImageFiles } from "./image_files.ts";

/** What a document should be, and what is taken of one that is something else. */
interface Form<T> {
  readonly whole: z.ZodType;
  readonly usable: z.ZodType<T>;
}

const text = z.string().nullable().catch(null);
const list = <T extends z.ZodType>(item: T) => z.array(item.nullable().catch(null));
// Null stands for an empty list, as some write it; undefined for what is none.
const orNull = <T>(items: z.ZodType<T[]>) =>
  items.nullish().transform((found) => found ?? []).optional().catch(undefined);
const version2 = { schemaVersion: z.literal(2, { error: "2" }) };

/** See {@linkcode archiveManifestSchema}. */
export const ARCHIVE_MANIFEST = {
  whole: archiveManifestSchema,
  usable: list(z.looseObject({
    Config: text,
    RepoTags: list(z.string()).nullable().catch(null),
    Layers: orNull(list(z.string())),
  })),
};

/** The file `repositories` of a docker-archive: layer IDs by tag, by name. */
export const REPOSITORIES = form(
  z.record(
    z.string(),
    z.record(z.string(), z.string({ error: "a layer's ID" }), {
      error: "an object",
    }),
    { error: "an object" },
  ),
);

/** An index. */
export const INDEX = {
  whole: indexSchema.extend(version2),
  usable: z.looseObject({ manifests: orNull(list(descriptorSchema)) }),
};

/** A manifest. */
export const MANIFEST = {
  whole: manifestSchema.extend(version2),
  usable: z.looseObject({
    config: descriptorSchema.nullable().catch(null),
    layers: orNull(list(descriptorSchema)),
  }),
};

/** The config of an image. */
export const CONFIG = {
  whole: configSchema.extend({
    rootfs: configSchema.shape.rootfs.extend({
      type: z.literal("layers", { error: '"layers"' }),
    }),
  }),
  usable: z.looseObject({
    os: text,
    architecture: text,
    variant: text,
    rootfs: z.looseObject({ diff_ids: orNull(list(digestSchema)) })
      .nullable().catch(null),
    history: list(z.looseObject({})).nullable().catch(null),
  }),
};

/** The file `oci-layout`. */
export const OCI_LAYOUT = form(z.looseObject(
  { imageLayoutVersion: z.literal("1.0.0", { error: '"1.0.0"' }) },
  { error: "an object" },
));

function form<T>(schema: z.ZodType<T>): Form<T> {
  return { whole: schema, usable: schema };
}

/** What was read of a document. */
export interface CheckedDocument<T> {
  readonly file: ImageFile;
  readonly digest: string;
  /** Undefined if nothing of it can be used. */
  readonly value: T | undefined;
}

/** Reads a document; undefined if its bytes can't be read. */
export async function checkDocument<T>(
  files: ImageFiles,
  file: ImageFile,
  { whole, usable }: Form<T>,
  findings: Findings,
): Promise<CheckedDocument<T> | undefined> {
  const name = `${files.path}: ${file.name}`;
  let bytes;
  try {
    bytes = await readAll(file, name);
  } catch (error) {
    findings.failure(file.name, error);
    return undefined;
  }
  const digest = sha256Of(bytes);
  const document = findings.attempt(file.name, () => parseDocument(files, bytes, name));
  if (document === undefined) return { file, digest, value: undefined };
  const issues = whole.safeParse(document).error?.issues ?? [];
  const told = new Set<string>();
  for (const { path, text } of schemaProblems(issues, document)) {
    const where = placeIn(file, ...path);
    if (!told.has(where)) findings.problem(where, text);
    told.add(where);
  }
  return { file, digest, value: usable.safeParse(document).data };
}

/** A place in a document, for findings. */
export function placeIn({ name }: ImageFile, ...path: PropertyKey[]): string {
  return path.length === 0 ? name : `${name}: ${formatJsonPath(path)}`;
}
