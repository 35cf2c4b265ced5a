/**
 * What is wrong with a spec, and the lines that tell it.
 * @module
 */

import { shortened } from "../visible.ts";
import { didYouMean } from "./did_you_mean.ts";

export { visible } from "../visible.ts";

/** Where in a JSON document something is: field names and indexes from the root. */
export type JsonPath = readonly PropertyKey[];

/** One thing that is wrong. */
export interface Problem {
  readonly path: JsonPath;
  readonly text: string;
}

/** The value at `path` is not what is allowed; undefined stands for no value. */
export function unexpected(path: JsonPath, expected: string, found: unknown): Problem {
  return { path, text: `expected ${expected}, found ${shorten(found)}` };
}

/** An object has a field that `known` does not have; `path` ends in the field's name. */
export function unknownField(path: JsonPath, known: readonly string[]): Problem {
  const suggestion = didYouMean(String(path.at(-1)), known);
  const hint = suggestion === undefined
    ? `expected one of ${known.join(", ")}`
    : `did you mean ${JSON.stringify(suggestion)}?`;
  return { path, text: `unknown field, ${hint}` };
}

/** One line for each place that has problems, the first of them: `FILE: JSON path: what`. */
export function problemLines(file: string, problems: readonly Problem[]): string[] {
  const lines = new Map<string, string>();
  for (const { path, text } of problems) {
    const key = JSON.stringify(path);
    if (lines.has(key)) continue;
    lines.set(key, [file, ...path.length > 0 ? [formatJsonPath(path)] : [], text].join(": "));
  }
  return [...lines.values()];
}

/** `config.Env[2]`; keys that are no identifiers in brackets: `config.Labels["org.example"]`. */
export function formatJsonPath(path: JsonPath): string {
  return path.map((key, index) => {
    if (typeof key === "number") return `[${key}]`;
    const name = String(key);
    if (/^[A-Za-z_$][\w$]{0,59}$/.test(name)) return index === 0 ? name : `.${name}`;
    return `[${shorten(name)}]`;
  }).join("");
}

const MAX_LENGTH = 60;

/** `value` as JSON of at most 60 characters. */
function shorten(value: unknown): string {
  if (value === undefined) return "nothing";
  // JSON.stringify has no word for the infinity that JSON.parse makes of 1e999.
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return shortened(text, MAX_LENGTH);
}
