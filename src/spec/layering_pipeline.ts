/**
 * Reading `layeringPipeline`: checked operations out of what a spec or a file has.
 * @module
 */

import { type Operation, PARTS, type SplitPath, type Step } from "../layering/pipeline/step.ts";
import type { StorePath } from "../store/store_path.ts";
import { quoted } from "../visible.ts";
import { isObject } from "./config_schema.ts";
import { didYouMean } from "./did_you_mean.ts";
import type { JsonValue } from "./image_spec.ts";
import { ARGUMENTS, COUNT, PART, PATHS, SPLIT_PATH } from "./layering_pipeline_schema.ts";
import { formatJsonPath, type JsonPath, type Problem, unexpected, visible } from "./problem.ts";
import { resolveStorePath } from "./sources.ts";

const STEPS = "an array of operations";
const STORE_PATH = "a store path or a link to one";
const STEP = 'an operation such as ["popularity_contest"] or ["limit_layers", 20]';

/** Reads pipelines and collects what is wrong with them. */
export class PipelineReader {
  readonly problems: Problem[] = [];
  readonly #base: string;

  /** `base` is the directory from which relative paths start. */
  constructor(base: string) {
    this.#base = base;
  }

  /** The steps at `path`; of wrong ones there are problems. */
  async steps(value: JsonValue, path: JsonPath): Promise<Step[]> {
    const steps: Step[] = [];
    for (const [index, item] of this.#array(value, path, STEPS).entries()) {
      const step = await this.#step(item, [...path, index]);
      if (step !== undefined) steps.push(step);
    }
    return steps;
  }

  async #step(value: JsonValue, path: JsonPath): Promise<Step | undefined> {
    if (!Array.isArray(value) || value.length === 0) return this.#expected(STEP, value, path);
    const [name, ...given]: JsonValue[] = value;
    if (!isOperation(name)) return this.#unknown(name, [...path, 0]);
    const needed = ARGUMENTS[name];
    if (given.length !== needed.length) {
      const what = ["no argument", "1 argument", "2 arguments"][needed.length];
      const kinds = needed.length === 0 ? "" : ` (${needed.join(", ")})`;
      const text = `expected ${what}${kinds} for ${name}, found ${given.length}`;
      this.problems.push({ path, text });
      return undefined;
    }
    return await this.#operation(name, given, path);
  }

  async #operation(
    operation: Operation,
    [first = null, second = null]: readonly JsonValue[],
    path: JsonPath,
  ): Promise<Step | undefined> {
    const where = formatJsonPath(path);
    const at = [...path, 1];
    switch (operation) {
      case "popularity_contest":
      case "reverse":
      case "flatten":
        return { where, operation };
      case "limit_layers":
      case "split_every":
        return Number.isSafeInteger(first) && Number(first) >= 1
          ? { where, operation, count: Number(first) }
          : this.#expected(COUNT, first, at);
      case "split_paths":
        return { where, operation, paths: await this.#splitPaths(first, at) };
      case "subcomponent_out":
      case "subcomponent_in":
        return { where, operation, paths: await this.#paths(first, at, PATHS) };
      case "remove_paths": {
        const paths = typeof first === "string"
          ? await this.#path(first, at)
          : await this.#paths(first, at, `a store path or ${PATHS}`);
        return { where, operation, paths };
      }
      case "over": {
        const part = PARTS.find((name) => name === first);
        const step = await this.#step(second, [...path, 2]);
        if (part === undefined) return this.#expected(PART, first, at);
        return step && { where, operation, part, step };
      }
      case "map": {
        const step = await this.#step(first, at);
        return step && { where, operation, step };
      }
      case "pipe":
        return { where, operation, steps: await this.steps(first, at) };
    }
  }

  async #splitPaths(value: JsonValue, path: JsonPath): Promise<SplitPath[]> {
    const paths: SplitPath[] = [];
    for (const [index, item] of this.#array(value, path, `an array of ${SPLIT_PATH}`).entries()) {
      const at = [...path, index];
      const childrenOf = isObject(item);
      let found: StorePath[] = [];
      if (typeof item === "string") {
        found = await this.#path(item, at);
      } else if (!isObject(item) || Object.keys(item).join() !== "children_of") {
        this.#expected(SPLIT_PATH, item, at);
      } else {
        const parents = item.children_of ?? null;
        const within = [...at, "children_of"];
        found = typeof parents === "string"
          ? await this.#path(parents, within)
          : await this.#paths(parents, within, `a store path or ${PATHS}`);
      }
      paths.push(...found.map((path) => ({ path, childrenOf })));
    }
    return paths;
  }

  async #paths(value: JsonValue, path: JsonPath, expected: string): Promise<StorePath[]> {
    const paths: StorePath[] = [];
    for (const [index, item] of this.#array(value, path, expected).entries()) {
      paths.push(...await this.#path(item, [...path, index]));
    }
    return paths;
  }

  /** The path, or nothing if it is wrong. */
  async #path(value: JsonValue, path: JsonPath): Promise<StorePath[]> {
    if (typeof value !== "string" || value === "") {
      this.#expected(STORE_PATH, value, path);
      return [];
    }
    const resolved = await resolveStorePath(value, this.#base);
    if (typeof resolved === "string") return [resolved];
    const { text } = unexpected(path, STORE_PATH, value);
    this.problems.push({ path, text: visible(`${text}, ${resolved.problem}`) });
    return [];
  }

  #array(value: JsonValue, path: JsonPath, expected: string): readonly JsonValue[] {
    if (Array.isArray(value)) return value;
    this.#expected(expected, value, path);
    return [];
  }

  #expected(expected: string, found: JsonValue | undefined, path: JsonPath): undefined {
    this.problems.push(unexpected(path, expected, found));
  }

  #unknown(name: JsonValue | undefined, path: JsonPath): undefined {
    if (typeof name !== "string") {
      return this.#expected("the name of an operation", name, path);
    }
    const near = didYouMean(name, Object.keys(ARGUMENTS));
    const hint = near === undefined
      ? `expected one of ${Object.keys(ARGUMENTS).join(", ")}`
      : `did you mean ${JSON.stringify(near)}?`;
    this.problems.push({ path, text: `unknown operation ${quoted(name)}, ${hint}` });
  }
}

function isOperation(name: JsonValue | undefined): name is Operation {
  return typeof name === "string" && Object.hasOwn(ARGUMENTS, name);
}
