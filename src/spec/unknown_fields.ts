/**
 * Fields that a spec does not have: misspelt ones, and arguments of dockerTools that are none.
 * @module
 */

import { FAKE_NSS_FIELDS } from "./helpers_schema.ts";
import { RULE_FIELDS } from "./permissions_schema.ts";
import { type JsonPath, type Problem, unknownField } from "./problem.ts";
import { specSchema } from "./schema.ts";

const FIELDS = Object.keys(specSchema.shape).filter((name) => name !== "$schema");

/** Arguments of dockerTools' functions that are no fields, and why. */
const ARGUMENTS: ReadonlyMap<string, string> = new Map([
  ["fromImage", "not supported yet: no base images"],
  ["fromImageName", "not supported yet: no base images"],
  ["fromImageTag", "not supported yet: no base images"],
  ["layeringPipeline", 'not supported yet ("layering" chooses between two strategies)'],
  ["runAsRoot", 'not supported yet ("fakeRootCommands" needs no virtual machine)'],
  ["diskSize", "not supported yet: no virtual machine"],
  ["buildVMMemorySize", "not supported yet: no virtual machine"],
  ["debug", 'not needed: "nix-image plan" tells why store paths share a layer'],
  ["meta", "belongs to Nix functions, not to a spec"],
  ["passthru", "belongs to Nix functions, not to a spec"],
]);

/** The problem of a field that the object it is in does not have; `path` ends in its name. */
export function unknownSpecField(path: JsonPath): Problem {
  const [field] = path;
  if (path.length === 1) {
    const text = ARGUMENTS.get(String(field));
    return text === undefined ? unknownField(path, FIELDS) : { path, text };
  }
  return unknownField(path, field === "permissions" ? RULE_FIELDS : FAKE_NSS_FIELDS);
}
