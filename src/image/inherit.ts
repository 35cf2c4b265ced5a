/**
 * The config of an image that is made on another one: what comes from there, and what is its own.
 * @module
 */

import { ImageError } from "../errors.ts";
import { isObject } from "../spec/config_schema.ts";
import type { InheritedField, JsonObject, JsonValue } from "../spec/image_spec.ts";
import { type JsonPath, type Problem, problemLines, unexpected } from "../spec/problem.ts";

/** What a field holds (OCI image spec, config, `config`). */
type Kind = "text" | "texts" | "set" | "labels";

const KINDS: Readonly<Record<InheritedField, Kind>> = {
  Env: "texts",
  Entrypoint: "texts",
  Cmd: "texts",
  WorkingDir: "text",
  User: "text",
  Labels: "labels",
  ExposedPorts: "set",
  Volumes: "set",
};

/**
 * The `config` of an image whose base image has the config `base` and whose spec has `own`.
 *
 * `Env` has the base's variables, then those of `own`; where both have one, it keeps the base's
 * place and has the value of `own`, as with nixpkgs' streamLayeredImage. `Labels`, `ExposedPorts`
 * and `Volumes` have the keys of both, and the values of `own` where both have one. Other fields are
 * the base's where `own` lacks them; but no `Cmd` of the base goes with an `Entrypoint` of `own`, as
 * it would be arguments for another program: Docker's own builds drop it, too. Null counts as
 * missing, in both.
 *
 * @throws {ImageError} if one of the fields is not of its kind in `base`.
 */
export function inheritedConfig(
  base: JsonObject,
  own: JsonObject,
  fields: readonly InheritedField[],
): JsonObject {
  const problems = fields.flatMap((field) => problemsIn(base[field], ["config", field]));
  if (problems.length > 0) {
    throw new ImageError(problemLines("The base image", problems).join("\n"));
  }
  const inherited = fields.flatMap((field): [string, JsonValue][] => {
    const value = fieldOf(field, base[field] ?? null, own);
    return value === null ? [] : [[field, value]];
  });
  return { ...own, ...Object.fromEntries(inherited) };
}

/** What a field is to hold; null: what it holds in `own`, if anything. */
function fieldOf(field: InheritedField, base: JsonValue, own: JsonObject): JsonValue {
  const there = own[field] ?? null;
  if (field === "Env") return environment([...list(base), ...list(there)]);
  if (base === null) return null;
  if (isObject(base)) return isObject(there) ? { ...base, ...there } : base;
  const forOtherProgram = field === "Cmd" && (own.Entrypoint ?? null) !== null;
  return there !== null || forOtherProgram ? null : base;
}

function list(value: JsonValue): readonly string[] {
  return (value ?? []) as readonly string[];
}

function environment(variables: readonly string[]): JsonValue {
  const byName = new Map(variables.map((text) => [text.split("=", 1)[0], text]));
  return byName.size === 0 ? null : [...byName.values()];
}

/** What is wrong with a field of the base image; its last key tells the kind. */
function problemsIn(value: JsonValue | undefined, path: readonly ["config", InheritedField]) {
  if (value === undefined || value === null) return [];
  switch (KINDS[path[1]]) {
    case "text":
      return textProblems(value, path);
    case "texts":
      return Array.isArray(value)
        ? value.flatMap((item: JsonValue, index) => textProblems(item, [...path, index]))
        : [unexpected(path, "an array of strings", value)];
    case "labels":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, item]) => textProblems(item, [...path, key]))
        : [unexpected(path, "an object of strings", value)];
    case "set":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, item]) =>
          isObject(item) || item === null ? [] : [unexpected([...path, key], "{}", item)]
        )
        : [unexpected(path, 'an object such as {"KEY": {}}', value)];
  }
}

function textProblems(value: JsonValue, path: JsonPath): Problem[] {
  return typeof value === "string" ? [] : [unexpected(path, "a string", value)];
}
