/**
 * JSON as Python's `json.dumps(value, indent=4)` writes it, which gave nixpkgs' images their bytes.
 * @module
 */

import type { JsonObject, JsonValue } from "../spec/image_spec.ts";
import { JsonNumber } from "../spec/ordered_json.ts";
import { compareCodePoints } from "../tar/name.ts";

/** A JSON value whose objects may be maps, which keep any order of keys. */
export type OrderedJson =
  | JsonValue
  | JsonNumber
  | readonly OrderedJson[]
  | ReadonlyMap<string, OrderedJson>;

/** Formats `value`: four spaces a level, everything but printable ASCII escaped, no newline at the end. */
export function formatJson(value: OrderedJson): string {
  return format(value, "\n");
}

function format(value: OrderedJson, newline: string): string {
  if (value === null || typeof value !== "object") return scalar(value);
  if (value instanceof JsonNumber) return value.text;
  const inner = newline + "    ";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[${inner}${value.map((item) => format(item, inner)).join("," + inner)}${newline}]`;
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => `${scalar(key)}: ${format(item, inner)}`);
  return `{${inner}${lines.join("," + inner)}${newline}}`;
}

function scalar(value: null | boolean | number | string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/** The value with the keys of all objects in the order of their code points, as Nix writes them. */
export function sortKeys(value: JsonValue): OrderedJson {
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map(sortKeys);
  const entries = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b));
  return new Map(entries.map(([key, item]) => [key, sortKeys(item)]));
}

function isArray(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}
