/**
 * The paths in `groups`.
 * @module
 */

import { isObject } from "./config_schema.ts";
import { GROUP_PATH } from "./groups_schema.ts";
import type { JsonValue } from "./image_spec.ts";
import { type Problem, unexpected, visible } from "./problem.ts";
import { resolveStorePath } from "./sources.ts";

/** The paths and patterns of each group, with what paths lead to, also in a spec that is wrong. */
export async function findGroups(
  document: JsonValue,
  base: string,
  problems: Problem[],
): Promise<string[][]> {
  const groups = isObject(document) ? document.groups : undefined;
  const found: string[][] = [];
  for (const [index, group] of entries(groups)) {
    const paths: string[] = [];
    for (const [place, text] of entries(isObject(group) ? group.paths : undefined)) {
      if (typeof text !== "string") continue;
      if (!text.includes("/")) {
        paths.push(text);
        continue;
      }
      const resolved = await resolveStorePath(text, base);
      if (typeof resolved === "string") {
        paths.push(resolved);
      } else {
        const path = ["groups", index, "paths", place];
        const problem = unexpected(path, GROUP_PATH, text).text;
        problems.push({ path, text: visible(`${problem}, ${resolved.problem}`) });
      }
    }
    found.push(paths);
  }
  return found;
}

function entries(value: JsonValue | undefined): [number, JsonValue][] {
  return Array.isArray(value) ? [...value.entries()] : [];
}
