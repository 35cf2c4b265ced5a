/**
 * Loading a spec: from JSON text to a checked {@linkcode ImageSpec}.
 * @module
 */

import { UsageError } from "../errors.ts";
import { ociArchitecture } from "./architecture.ts";
import { inexactNumbers, isObject, misspeltConfigFields } from "./config_schema.ts";
import { baseDirectory, resolveContentsPath } from "./contents.ts";
import type { ImageSpec, JsonValue } from "./image_spec.ts";
import { JsonTextError, parseJson } from "./json_text.ts";
import { type Problem, problemLines, unexpected, visible } from "./problem.ts";
import { specSchema } from "./schema.ts";
import { schemaProblems } from "./schema_issues.ts";

const FIELDS = Object.keys(specSchema.shape).filter((name) => name !== "$schema");

/** Where a spec comes from. */
export interface SpecSource {
  /** The path of the spec file, or `-` for standard input. */
  readonly source: string;
  /** Reads standard input to its end; called only when `source` is `-`. */
  readonly readStdin: () => Promise<Uint8Array>;
  /** The default of `architecture`: an OCI, Nix or kernel name. Default: this machine's. */
  readonly hostArchitecture?: string;
}

/** A spec and what to tell its author. */
export interface LoadedSpec {
  /** The spec, with every default filled in. */
  readonly spec: ImageSpec;
  /** What looks like a mistake: one line each, with the file's name. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks a spec. Relative paths in `contents` start at the spec file's directory (at the
 * working directory for standard input) and are followed into the store; whether the store has
 * what they lead to is not checked.
 *
 * @throws {UsageError} if the spec cannot be read or is wrong; its message has one line for each
 * problem in the spec.
 */
export async function loadSpec(from: SpecSource): Promise<LoadedSpec> {
  const fromStdin = from.source === "-";
  const file = fromStdin ? "standard input" : from.source;
  const bytes = fromStdin ? await from.readStdin() : await readSpecFile(file);
  const document = parseDocument(bytes, file);

  const problems: Problem[] = [];
  const parsed = specSchema.safeParse(document);
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error.issues, document, FIELDS));
  }
  // Zod puts the fields it knows first, so the config is taken from the document itself.
  const config = isObject(document) && isObject(document.config) ? document.config : {};
  problems.push(...inexactNumbers(config, ["config"]));
  const base = baseDirectory(fromStdin ? undefined : file);
  const contents: string[] = [];
  for (const { path, value } of contentsPaths(document)) {
    const resolved = await resolveContentsPath(value, base);
    if ("path" in resolved) {
      contents.push(resolved.path);
    } else {
      const problem = unexpected(path, "a store path or a link to one", value);
      problems.push({ path, text: visible(`${problem.text}, ${resolved.problem}`) });
    }
  }
  if (!parsed.success || problems.length > 0) {
    throw new UsageError(problemLines(file, problems).join("\n"));
  }

  const { $schema: _, ...fields } = parsed.data;
  const architecture = fields.architecture ?? hostArchitecture(from.hostArchitecture);
  return {
    spec: { ...fields, architecture, config, contents },
    warnings: problemLines(file, misspeltConfigFields(config, ["config"])),
  };
}

async function readSpecFile(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new UsageError(`${file}: no such spec file`);
    const reason = error instanceof Deno.errors.NotCapable
      ? 'this program may not open it; use "-" for standard input'
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UsageError(`${file}: cannot read the spec: ${reason}`, { cause: error });
  }
}

function parseDocument(bytes: Uint8Array, file: string): JsonValue {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`${file}: expected JSON in UTF-8, found other bytes`, { cause });
  }
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw new UsageError(`${file}: ${error.message}`, { cause: error });
  }
}

/** The paths in `contents`, also of a spec that is wrong elsewhere: all problems are told at once. */
function contentsPaths(document: JsonValue): { path: (string | number)[]; value: string }[] {
  const contents = isObject(document) ? document.contents : undefined;
  const located = Array.isArray(contents)
    ? contents.map((value: JsonValue, index) => ({ path: ["contents", index], value }))
    : [{ path: ["contents"], value: contents }];
  return located.flatMap(({ path, value }) =>
    typeof value === "string" && value !== "" ? [{ path, value }] : []
  );
}

function hostArchitecture(name: string = Deno.build.arch): string {
  const architecture = ociArchitecture(name);
  if (architecture !== undefined) return architecture;
  throw new UsageError(`No OCI architecture is known for ${name}: give "architecture" in the spec`);
}
