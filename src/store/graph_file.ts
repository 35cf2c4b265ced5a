/**
 * Closures from a file, for places without a store database, such as the inside of a Nix build.
 * @module
 */

import { UsageError } from "../errors.ts";
import { visible } from "../visible.ts";
import { readingFrom } from "./files.ts";
import {
  type Closure,
  type ClosureSource,
  MissingPathsError,
  type PathInfo,
  referencesFrom,
} from "./closure.ts";
import { pathInCircles } from "./circles.ts";
import { isStorePath, STORE_DIR, type StorePath } from "./store_path.ts";

/**
 * Reads a reference graph from a file. It may be what `exportReferencesGraph` writes with structured attributes
 * (a list of objects, or the whole `.attrs.json` with one such list), or the output of
 * `nix path-info --json --recursive` of any Nix (a list; or an object by path; or, in version 2 of
 * the format, `info` with an object by the path's last component).
 *
 * @throws {UsageError} if it is neither, or not closed under references.
 */
export function readGraphFile(file: string): Closure {
  return graphIn(parsedJson(readingFrom(file, () => Deno.readTextFileSync(file)), file), file);
}

/**
 * What a file holds as JSON.
 *
 * @throws {UsageError} if it is none.
 */
export function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: not JSON: ${visible((error as SyntaxError).message)}`);
  }
}

/**
 * The reference graph that JSON holds, of which {@linkcode readGraphFile} knows the forms.
 *
 * @param file what to call it in errors
 * @throws {UsageError} if it holds something else, or is not closed under references.
 */
export function graphIn(json: unknown, file: string): Closure {
  const closure = new Map<StorePath, PathInfo>();
  for (const [name, value] of records(json, file)) {
    const at = `${file}: ${name}`;
    if (!isObject(value)) throw new UsageError(`${at}: not in the store that wrote the graph`);
    if (Array.isArray(json) && !("path" in value)) throw new UsageError(`${at}: path is missing`);
    const path = storePath(value.path ?? name, at);
    const { narSize, narHash, references } = value;
    if (!Number.isSafeInteger(narSize)) throw new UsageError(`${at}: narSize is not a number`);
    if (!Array.isArray(references)) throw new UsageError(`${at}: references is not a list`);
    closure.set(path, {
      narSize: narSize as number,
      ...(typeof narHash === "string" ? { narHash } : {}),
      ...referencesFrom(path, references.map((reference) => storePath(reference, at))),
    });
  }
  for (const [path, { references }] of closure) {
    const missing = references.find((reference) => !closure.has(reference));
    if (missing) {
      throw new UsageError(
        `${file}: ${path} refers to ${missing}, which is not in the graph; ` +
          "with nix path-info, give --recursive",
      );
    }
  }
  const circular = pathInCircles(closure);
  if (circular !== undefined) {
    throw new UsageError(
      `${file}: ${circular} refers to itself by way of others: no store has that`,
    );
  }
  return closure;
}

/** The entries of the graph: where each stands, and what it says. */
function records(json: unknown, file: string): [string, unknown][] {
  if (Array.isArray(json)) return json.map((value, index) => [`[${index}]`, value]);
  if (isObject(json)) {
    if (isObject(json.info)) return Object.entries(json.info);
    const entries = Object.entries(json);
    if (entries.every(([key]) => isStorePath(key))) return entries;
    const graphs = entries.filter(([, value]) => isGraph(value));
    if (graphs.length === 1) return records(graphs[0]![1], file);
    if (graphs.length > 1) {
      const names = graphs.map(([key]) => key).join(", ");
      throw new UsageError(`${file}: several graphs (${names}); give one of them`);
    }
  }
  throw new UsageError(
    `${file}: not a reference graph; expected what exportReferencesGraph writes with ` +
      "__structuredAttrs, or the output of nix path-info --json --recursive",
  );
}

function isGraph(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 &&
    value.every((item) => isObject(item) && "narSize" in item && "references" in item);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A store path in full, or its last component. */
function storePath(text: unknown, at: string): StorePath {
  if (typeof text === "string") {
    const path = text.includes("/") ? text : `${STORE_DIR}/${text}`;
    if (isStorePath(path)) return path;
  }
  throw new UsageError(`${at}: not a store path: ${JSON.stringify(text)}`);
}

const REMEDY = "make the graph of all that the image uses";

/** The closures within a graph. */
export function closuresWithin(graph: Closure): ClosureSource {
  const missing = (paths: readonly StorePath[]) =>
    Promise.resolve(paths.filter((path) => !graph.has(path)));

  async function closureOf(roots: readonly StorePath[]): Promise<Closure> {
    const unknown = await missing(roots);
    if (unknown.length > 0) {
      throw new MissingPathsError(unknown, "the graph given with --closure", REMEDY);
    }
    const closure = new Map<StorePath, PathInfo>();
    const pending = [...roots];
    for (let path = pending.pop(); path; path = pending.pop()) {
      const info = graph.get(path);
      if (!info || closure.has(path)) continue;
      closure.set(path, info);
      pending.push(...info.references);
    }
    return closure;
  }

  return { closureOf, missing };
}
