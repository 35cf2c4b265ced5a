/**
 * How the configs of two images differ (OCI image spec, config).
 * @module
 */

import { isObject } from "../spec/config_schema.ts";
import type { JsonObject, JsonValue } from "../spec/image_spec.ts";
import { formatJson, sortKeys } from "./json.ts";

/** A value that differs. */
export interface ConfigChange {
  /** Where it is: keys from the root, as `["config", "Cmd"]`; a variable's name behind `Env`. */
  readonly path: readonly string[];
  /** Null: nothing. */
  readonly from: JsonValue;
  readonly to: JsonValue;
}

/**
 * Compares two configs but for their layers, which `rootfs` lists. Variables, labels and the like are
 * compared one by one. Null and what is empty count as missing.
 */
export function configChanges(from: JsonObject, to: JsonObject): ConfigChange[] {
  const [old, now] = [valuesIn(from), valuesIn(to)];
  const keys = new Set([...old.keys(), ...now.keys()]);
  return [...keys].flatMap((key) => {
    const [was, is] = [old.get(key) ?? null, now.get(key) ?? null];
    if (canonical(was) === canonical(is)) return [];
    return [{ path: JSON.parse(key) as string[], from: was, to: is }];
  });
}

/** By path, as JSON. */
function valuesIn(document: JsonObject): Map<string, JsonValue> {
  const values = new Map<string, JsonValue>();
  const add = (path: readonly string[], value: JsonValue) => {
    if (!isEmpty(value)) values.set(JSON.stringify(path), value);
  };
  const { rootfs: _, config = null, ...others } = document;
  for (const [key, value] of Object.entries(others)) add([key], value);
  if (!isObject(config)) return values;
  for (const [field, value] of Object.entries(config)) {
    const path = ["config", field];
    if (field === "Env" && Array.isArray(value)) {
      for (const [name, text] of value.map(variable)) {
        values.set(JSON.stringify([...path, name]), text);
      }
    } else if (isObject(value)) {
      // What is a key here says something, whatever is behind it.
      for (const [key, item] of Object.entries(value)) {
        values.set(JSON.stringify([...path, key]), item);
      }
    } else add(path, value);
  }
  return values;
}

function variable(text: JsonValue): [name: string, value: JsonValue] {
  if (typeof text !== "string") return [JSON.stringify(text), text];
  const equals = text.indexOf("=");
  return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === "" || canonical(value) === "[]" || canonical(value) === "{}";
}

function canonical(value: JsonValue): string {
  return formatJson(sortKeys(value));
}
