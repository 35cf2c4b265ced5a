/**
 * Where a `layeringPipeline` comes from: the spec itself, or a file.
 * @module
 */

import type { Step } from "../layering/pipeline/step.ts";
import { isObject } from "./config_schema.ts";
import type { JsonValue } from "./image_spec.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { placeInStore } from "../store/store_links.ts";
import { JsonTextError, parseJson } from "./json_text.ts";
import { PipelineReader } from "./layering_pipeline.ts";
import { PIPELINE } from "./layering_pipeline_schema.ts";
import { type Problem, unexpected, visible } from "./problem.ts";
import { resolveFileOrDirectory } from "./sources.ts";

const FIELD = "layeringPipeline";

/** Where paths in a spec lead. */
export interface Places {
  /** The directory from which relative paths start. */
  readonly base: string;
  /** The directory that holds `nix/store`. */
  readonly storeRoot?: string | undefined;
  /** Gives what knows better where store paths are. */
  readonly files?: (() => StoreFiles | undefined) | undefined;
}

/** The pipeline of a spec, which may be wrong elsewhere; null if it has none. */
export async function findPipeline(
  document: JsonValue,
  places: Places,
  problems: Problem[],
): Promise<readonly Step[] | null> {
  const given = isObject(document) ? document[FIELD] ?? null : null;
  if (given === null) return null;
  const reader = new PipelineReader(places.base);
  if (given === "" || !(Array.isArray(given) || typeof given === "string")) {
    problems.push(unexpected([FIELD], PIPELINE, given));
    return null;
  }
  if (typeof given !== "string") {
    const steps = await reader.steps(given, [FIELD]);
    problems.push(...reader.problems);
    return steps;
  }
  const read = await readFile(given, places);
  if ("problem" in read) {
    const { text } = unexpected([FIELD], "the path of a JSON file with operations", given);
    problems.push({ path: [FIELD], text: visible(`${text}, ${read.problem}`) });
    return null;
  }
  const steps = await reader.steps(read.json, [FIELD]);
  const { file } = read;
  problems.push(
    ...reader.problems.map(({ path, text }) => ({ path, text: visible(`${text} (in ${file})`) })),
  );
  return steps;
}

async function readFile(path: string, places: Places) {
  const reached = await resolveFileOrDirectory(path, places.base);
  if ("problem" in reached) return reached;
  const file = reached.kind === "store" ? await fileInStore(reached.path, places) : reached.path;
  try {
    return { file, json: parseJson(await Deno.readTextFile(file)) };
  } catch (error) {
    if (error instanceof JsonTextError) return { problem: `but ${file}: ${error.message}` };
    if (error instanceof Deno.errors.NotFound) return { problem: `but ${file} does not exist` };
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `but ${file} cannot be read: ${reason}` };
  }
}

async function fileInStore(path: string, { storeRoot = "", files }: Places): Promise<string> {
  const found = files?.();
  return found === undefined ? storeRoot + path : await placeInStore(path, found);
}
