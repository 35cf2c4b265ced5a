/**
 * The schema of `groups`.
 * @module
 */

import { z } from "zod";
import { parsePathPattern } from "./path_pattern.ts";
import { boolean } from "./schema_values.ts";

/** A store path or a pattern. */
export const GROUP_PATH = 'a store path, a link to one, or a pattern for names such as "*python3*"';

const path = z.string({ error: GROUP_PATH }).regex(/^[^\0]+$/, { error: GROUP_PATH }).refine(
  (text) => patternFailure(text) === undefined,
  { error: ({ input }) => `a pattern for names (${patternFailure(String(input))})` },
);

/** What is wrong with a pattern, if `text` is one. */
function patternFailure(text: string): string | undefined {
  if (text.includes("/") || text === "") return undefined;
  try {
    parsePathPattern(`/${text}`);
  } catch (error) {
    return (error as Error).message;
  }
}

const group = z.strictObject({
  name: (() => {
    const error = "a name for the group";
    return z.string({ error }).regex(/^[^\p{Cc}]+$/u, { error });
  })().describe("What to call it."),
  paths: z.array(path, { error: `an array of store paths and patterns` })
    .min(1, { error: "at least one store path or pattern" }).describe(
      "Which store paths: by path (or a link to one; relative ones start at the spec file), or, without " +
        "a slash, by a pattern with *, ? and […] for the name that follows the hash.",
    ),
  closure: boolean().default(false).describe(
    "Whether the group also has what its paths need and no path outside of it needs.",
  ),
}, { error: 'an object such as {"name": "python", "paths": ["*python3*"]}' });

/** The names of a group's fields. */
export const GROUP_FIELDS: readonly string[] = Object.keys(group.shape);

/** The schema: groups, of which no two have the same name. */
export const groups = z.array(group, { error: "an array of groups" })
  .superRefine((groups, context) => {
    const names = groups.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      context.addIssue({ code: "custom", path: [index, "name"], message: "each name once" });
    }
  });
