/**
 * The issues that zod finds, as problems told in one style.
 * @module
 */

import type { z } from "zod";
import { type JsonPath, type Problem, unexpected } from "./problem.ts";
import { unknownSpecField } from "./unknown_fields.ts";

/** The problems that `issues` tell of the spec `root`. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, [], root));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  parent: JsonPath,
  root: unknown,
): Problem[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const object = Object(valueAt(root, path));
    return issue.keys.map((key) => unknownSpecField([...path, key], object));
  }
  if (issue.code === "invalid_union") {
    // Where alternatives have the right type, their own problems say more: the fewest.
    const [near] = issue.errors.filter((errors) =>
      errors.every(({ code, path }) => path.length > 0 || code === "unrecognized_keys")
    ).sort((a, b) => mistakes(a) - mistakes(b));
    if (near !== undefined) return near.flatMap((inner) => problemsOf(inner, path, root));
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => unexpected(path, message, path.at(-1)));
  }
  return [unexpected(path, issue.message, valueAt(root, path))];
}

function mistakes(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1),
    0,
  );
}

function valueAt(root: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return Reflect.get(value, key);
  }, root);
}
