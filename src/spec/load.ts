/**
 * Loading a spec: from JSON text to a checked {@linkcode ImageSpec}.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { impliedVariant, ociArchitecture } from "./architecture.ts";
import { baseImageOf, baseImageProblems, baseImageWarnings, findBaseImage } from "./base_image.ts";
import { readDocument, type SpecDocument } from "./document.ts";
import { inexactNumbers, isObject, misspeltConfigFields } from "./config_schema.ts";
import type { HelperName, ImageSpec, JsonValue, RootSource } from "./image_spec.ts";
import { typeProblems, typeWarnings } from "./image_type.ts";
import { findGroups } from "./groups.ts";
import { findPipeline } from "./pipeline_file.ts";
import { type JsonPath, type Problem, problemLines, unexpected, visible } from "./problem.ts";
import { specSchema } from "./schema.ts";
import { schemaProblems } from "./schema_issues.ts";
import { baseDirectory, resolveSource, resolveToolPath } from "./sources.ts";
import { LAST_TIME, parseTime } from "./time.ts";

/** What decides on a spec's defaults, and on what its paths stand for. */
export interface SpecOptions {
  /** The default of `architecture`: an OCI, Nix or kernel name. Default: this machine's. */
  readonly hostArchitecture?: string;
  /** The directory that holds `nix/store`, for files in there. Default: "", the host's own. */
  readonly storeRoot?: string;
  /**
   * Knows where store paths are that `storeRoot` may not have, given the stores that the spec names.
   * Asked where a file in the store is a part of the spec. Default: all are under `storeRoot`.
   */
  readonly storeFiles?: ((named: readonly string[]) => StoreFiles | undefined) | undefined;
  /** The environment's SOURCE_DATE_EPOCH, which stands for `now` where it is set. */
  readonly sourceDateEpoch?: string | undefined;
}

/** Where a spec comes from. */
export interface SpecSource extends SpecOptions {
  /** The path of the spec file; `-` for standard input, where there is a `readStdin`. */
  readonly source: string;
  /** Reads standard input to its end; called only when `source` is `-`. */
  readonly readStdin?: () => Promise<Uint8Array>;
}

/** A spec and what to tell its author. */
export interface LoadedSpec {
  /** The spec, with every default filled in. */
  readonly spec: ImageSpec;
  /** What looks like a mistake: one line each, with the file's name. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks a spec. Relative paths start at the spec file's directory (at the working
 * directory for standard input). Those in `contents`, `copyToRoot` and `fromImage` are followed;
 * whether the store has what they lead to there is not checked.
 *
 * @throws {UsageError} if the spec cannot be read or is wrong; its message has one line for each
 * problem in the spec.
 */
export async function loadSpec(from: SpecSource): Promise<LoadedSpec> {
  return await specOf(await readDocument(from), from);
}

/**
 * Checks a spec that a program made: a value that could be a spec file's JSON. Relative paths start at
 * the working directory; otherwise as {@linkcode loadSpec}.
 *
 * @throws {UsageError} if the spec is wrong; its message has one line for each problem in it.
 */
export async function checkSpec(spec: JsonValue, options: SpecOptions = {}): Promise<LoadedSpec> {
  return await specOf({ file: "spec", value: spec }, { source: "-", ...options });
}

/**
 * Checks a spec that has been read: see {@linkcode loadSpec}.
 *
 * @throws {UsageError} as that does.
 */
export async function specOf(
  { file, value: document }: Pick<SpecDocument, "file" | "value">,
  from: Omit<SpecSource, "readStdin">,
): Promise<LoadedSpec> {
  const now = timeOfNow(from.sourceDateEpoch);

  const base = baseDirectory(from.source === "-" ? undefined : file);
  const problems: Problem[] = [];
  const { storeRoot, storeFiles } = from;
  const pipeline = await findPipeline(document, {
    base,
    storeRoot,
    files: storeFiles && (() => storeFiles(storesNamed(document))),
  }, problems);
  const parsed = specSchema.safeParse(withoutPipeline(document));
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, document));
  problems.push(...typeProblems(document), ...baseImageProblems(document));
  // Zod puts the fields it knows first, so the config is taken from the document itself.
  const config = isObject(document) && isObject(document.config) ? document.config : {};
  problems.push(...inexactNumbers(config, ["config"]));
  const groups = await findGroups(document, base, problems);
  const contents = await resolveSources(document, "contents", base, problems);
  const copyToRoot = await resolveSources(document, "copyToRoot", base, problems);
  const baseImage = await findBaseImage(document, base, problems);
  if (!parsed.success || problems.length > 0) {
    throw new UsageError(problemLines(file, problems).join("\n"));
  }

  const { $schema: _, fromImage, fromImageName, fromImageTag, ...fields } = parsed.data;
  const machine = fields.architecture ?? from.hostArchitecture ?? Deno.build.arch;
  const single = fields.type === "single";
  const spec: ImageSpec = {
    ...fields,
    fromImage: baseImageOf({ fromImage, fromImageName, fromImageTag }, baseImage),
    contents: single ? [] : contents,
    copyToRoot: single ? [...contents, ...copyToRoot] : [], // one of them is empty
    helpers: withFakeNss(fields.helpers, document),
    shell: fields.shell === null ? null : await resolveToolPath(fields.shell, base),
    path: fields.path === null
      ? null
      : await Promise.all(fields.path.map((path) => resolveToolPath(path, base))),
    config,
    maxLayers: isObject(document) && Object.hasOwn(document, "maxLayers") ? fields.maxLayers : null,
    layeringPipeline: pipeline,
    groups: fields.groups.map((group, index) => ({ ...group, paths: groups[index] ?? [] })),
    architecture: knownArchitecture(machine),
    variant: fields.variant === undefined ? impliedVariant(machine) : fields.variant,
    created: fields.created === "now" ? now : fields.created,
    mtime: fields.mtime === "now" ? now : fields.mtime,
  };
  const doubts = [
    ...typeWarnings(document, spec),
    ...baseImageWarnings(document),
    ...misspeltConfigFields(config, ["config"]),
  ];
  return { spec, warnings: problemLines(file, doubts) };
}

/** The stores that a spec names, which may be wrong, here and elsewhere. */
function storesNamed(document: JsonValue): string[] {
  const named = isObject(document) ? [document.store ?? []].flat() : [];
  return named.filter((url) => typeof url === "string");
}

/** A pipeline is checked by itself: a schema would try all operations at each step of each depth. */
function withoutPipeline(document: JsonValue): JsonValue {
  const has = isObject(document) && Object.hasOwn(document, "layeringPipeline");
  return has ? { ...document, layeringPipeline: null } : document;
}

/** What stands for `now`, given the environment's SOURCE_DATE_EPOCH. */
function timeOfNow(epoch: string | undefined): number | "now" {
  if (epoch === undefined) return "now";
  const seconds = /^\d+$/.test(epoch) ? parseTime(`@${epoch}`) : undefined;
  if (seconds !== undefined) return seconds;
  throw new UsageError(
    "SOURCE_DATE_EPOCH in the environment: expected seconds since 1970, an integer from 0 to " +
      `${LAST_TIME}, found ${JSON.stringify(epoch)}`,
  );
}

const SOURCE = "a store path or a link to one, a directory, or a tarball (.tar, .tar.gz, .tgz, " +
  ".tar.zst, .tar.xz, .tar.bz2)";

/** What the paths in a field lead to. */
async function resolveSources(
  document: JsonValue,
  field: "contents" | "copyToRoot",
  base: string,
  problems: Problem[],
): Promise<RootSource[]> {
  const sources: RootSource[] = [];
  for (const { path, value } of pathsIn(document, field)) {
    const resolved = await resolveSource(value, base);
    if ("kind" in resolved) {
      sources.push(resolved);
    } else {
      const { text } = unexpected(path, SOURCE, value);
      problems.push({ path, text: visible(`${text}, ${resolved.problem}`) });
    }
  }
  return sources;
}

/** The paths in a field, also of a spec that is wrong elsewhere: all problems are told at once. */
function pathsIn(document: JsonValue, field: string): { path: JsonPath; value: string }[] {
  const paths = isObject(document) ? document[field] : undefined;
  const located = Array.isArray(paths)
    ? paths.map((value: JsonValue, index) => ({ path: [field, index], value }))
    : [{ path: [field], value: paths }];
  return located.flatMap(({ path, value }) =>
    typeof value === "string" && value !== "" ? [{ path, value }] : []
  );
}

/** Lines for the helper `fakeNss` ask for the helper. */
function withFakeNss(helpers: readonly HelperName[], document: JsonValue): readonly HelperName[] {
  const given = isObject(document) && Object.hasOwn(document, "fakeNss");
  return given && !helpers.includes("fakeNss") ? [...helpers, "fakeNss"] : helpers;
}

function knownArchitecture(name: string): string {
  const architecture = ociArchitecture(name);
  if (architecture !== undefined) return architecture;
  throw new UsageError(`No OCI architecture is known for ${name}: give "architecture" in the spec`);
}
