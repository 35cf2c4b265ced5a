/**
 * What the two types of images take, and what has no effect.
 * @module
 */

import { isObject } from "./config_schema.ts";
import type { ImageSpec, JsonValue } from "./image_spec.ts";
import type { Problem } from "./problem.ts";

/** Fields that images of the other type have, and why this one has not. */
const NOT_IN_LAYERED = {
  copyToRoot: 'only for images of "type": "single"; layered images take "contents"',
  keepContentsDirlinks:
    'only for images of "type": "single"; in layered images all directories are directories',
};
const NOT_WITH_PIPELINE = {
  layering: "you can not specify both layering and layeringPipeline, which says all",
  groups: "you can not specify both groups and layeringPipeline, which says all",
};
const NOT_IN_SINGLE = {
  maxLayers: 'only for images of "type": "layered"; those of type "single" have one layer',
  layering: 'only for images of "type": "layered"; those of type "single" have one layer',
  layeringPipeline: 'only for images of "type": "layered"; those of type "single" have one layer',
  groups: 'only for images of "type": "layered"; those of type "single" have one layer',
};

/** Fields of which null is the same as none. */
const MAY_BE_NULL = ["copyToRoot", "layeringPipeline"];

/** The fields that do not go with the type or with each other. */
export function typeProblems(document: JsonValue): Problem[] {
  if (!isObject(document)) return [];
  const { type = "layered", contents } = document;
  const given = (field: string) =>
    Object.hasOwn(document, field) && !(MAY_BE_NULL.includes(field) && document[field] === null);
  const without = (fields: Readonly<Record<string, string>>) =>
    Object.entries(fields).filter(([field]) => given(field))
      .map(([field, text]) => ({ path: [field], text }));
  if (type === "layered") {
    return [
      ...without(NOT_IN_LAYERED),
      ...given("layeringPipeline") ? without(NOT_WITH_PIPELINE) : [],
    ];
  }
  if (type !== "single") return [];
  const problems = without(NOT_IN_SINGLE);
  if (contents !== undefined && given("copyToRoot")) {
    const text = "you can not specify both contents and copyToRoot, of which it is the former name";
    problems.push({ path: ["contents"], text });
  }
  return problems;
}

/** What works but not as it may be meant. */
export function typeWarnings(document: JsonValue, spec: ImageSpec): Problem[] {
  const warnings: Problem[] = [];
  if (spec.type === "single" && isObject(document) && document.contents !== undefined) {
    const text = 'deprecated for images of "type": "single"; the name is "copyToRoot" now';
    warnings.push({ path: ["contents"], text });
  }
  if (spec.enableFakechroot && spec.fakeRootCommands === "") {
    const text = "has no effect without fakeRootCommands";
    warnings.push({ path: ["enableFakechroot"], text });
  }
  for (const field of ["diskSize", "buildVMMemorySize"]) {
    if (spec.runAsRoot !== "" || !isObject(document) || !Object.hasOwn(document, field)) continue;
    warnings.push({ path: [field], text: "has no effect without runAsRoot" });
  }
  return warnings;
}
