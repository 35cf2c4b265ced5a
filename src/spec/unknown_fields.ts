/**
 * Fields that a spec does not have: misspelt ones, and arguments of dockerTools that are none.
 * @module
 */

import { unknownBaseField } from "./base_image_schema.ts";
import { GROUP_FIELDS } from "./groups_schema.ts";
import { fileFields } from "./files_schema.ts";
import { FAKE_NSS_FIELDS } from "./helpers_schema.ts";
import { RULE_FIELDS } from "./permissions_schema.ts";
import { type JsonPath, type Problem, unknownField } from "./problem.ts";
import { specSchema } from "./schema.ts";

const FIELDS = Object.keys(specSchema.shape).filter((name) => name !== "$schema");

/** Arguments of dockerTools' functions that are no fields, and why. */
const ARGUMENTS: ReadonlyMap<string, string> = new Map([
  ["debug", 'not needed: "nix-image plan" tells why store paths share a layer'],
  ["meta", "belongs to Nix functions, not to a spec"],
  ["passthru", "belongs to Nix functions, not to a spec"],
]);

/** The fields of the objects in a field. */
const FIELDS_WITHIN: ReadonlyMap<string, readonly string[]> = new Map([
  ["permissions", RULE_FIELDS],
  ["fakeNss", FAKE_NSS_FIELDS],
  ["groups", GROUP_FIELDS],
]);

/**
 * The problem of a field that an object does not have.
 *
 * @param path ends in the field's name
 * @param object what it is in
 */
export function unknownSpecField(path: JsonPath, object: object): Problem {
  const [field] = path;
  if (path.length === 1) {
    const text = ARGUMENTS.get(String(field));
    return text === undefined ? unknownField(path, FIELDS) : { path, text };
  }
  if (field === "fromImage") return unknownBaseField(path, object);
  if (field === "files") return unknownField(path, fileFields(Reflect.get(object, "type")));
  return unknownField(path, FIELDS_WITHIN.get(String(field)) ?? []);
}
