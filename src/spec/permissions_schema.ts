/**
 * The schema of `permissions`.
 * @module
 */

import { z } from "zod";
import { parseCapabilities } from "./capabilities.ts";
import { parsePathPattern } from "./path_pattern.ts";
import { choice, id, octalMode } from "./schema_values.ts";

const EFFECTS = ["uid", "gid", "mode", "xattrs", "capabilities"] as const;

const PATTERN = /^(?:\/|(?:\/(?!\.\.?(?:\/|$))[^/\0]+)+)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** The kernel takes at most 255 bytes; in a pax record "=" ends the name. */
const XATTR_NAME = /^(?=.{1,255}$)(?:user|security|trusted|system)\.[^=\0]+$/s;
/** Clauses with names (none for all), operators and flags; names are not looked up here. */
const CAPABILITIES = /^[a-z0-9_,]*(?:[=+-][eip]*)+(?: +[a-z0-9_,]*(?:[=+-][eip]*)+)*$/;

const path = (() => {
  const error =
    'an absolute path such as "/home/alice/**", without "//", "/" at the end, "." and ".."';
  return z.string({ error }).regex(PATTERN, { error }).refine(
    (text) => failure(parsePathPattern, text) === undefined,
    { error: ({ input }) => `a path pattern (${failure(parsePathPattern, input)})` },
  );
})();

const xattrs = (() => {
  const name = "a name that starts with user, security, trusted or system, " +
    'such as "user.comment", of at most 255 characters without "="';
  const value = "a string in base64";
  return z.record(
    z.string().regex(XATTR_NAME, { error: name }),
    z.string({ error: value }).regex(BASE64, { error: value }),
    { error: 'an object such as {"user.comment": "aGVsbG8="}' },
  );
})();

const capabilities = (() => {
  const error = 'capabilities as setcap writes them, such as "cap_net_bind_service+ep"';
  return z.string({ error }).regex(CAPABILITIES, { error }).refine(
    (text) => failure(parseCapabilities, text) === undefined,
    { error: ({ input }) => `${error} (${failure(parseCapabilities, input)})` },
  );
})();

/** Why `parse` does not take `text`, if it does not. */
function failure(parse: (text: string) => unknown, text: unknown): string | undefined {
  try {
    parse(String(text));
  } catch (error) {
    return (error as Error).message;
  }
}

const rule = z.strictObject({
  path: path.describe(
    "The paths in the image that the rule is for: absolute, with *, ? and […] within a name and ** " +
      "for any number of names.",
  ),
  type: choice(["file", "directory"]).optional().describe(
    "Limits the rule to files or to directories.",
  ),
  uid: id.optional().describe("The numeric owner."),
  gid: id.optional().describe("The numeric group."),
  mode: octalMode.optional().describe("The permission bits in octal, such as 0750 or 4755."),
  xattrs: xattrs.optional().describe(
    "Extended attributes by their full names, such as user.comment, their values in base64.",
  ),
  capabilities: capabilities.optional().describe(
    "File capabilities as setcap writes them, such as cap_net_bind_service+ep; for files alone.",
  ),
}, { error: 'an object such as {"path": "/home/alice/**", "uid": 1000}' });

/** The names of a rule's fields. */
export const RULE_FIELDS: readonly string[] = Object.keys(rule.shape);

/** The schema: rules, of which each has an effect. */
export const permissions = z.array(
  rule
    .refine(
      ({ xattrs, ...others }) =>
        EFFECTS.some((name) => name !== "xattrs" && others[name] !== undefined) ||
        Object.keys(xattrs ?? {}).length > 0,
      {
        error: `at least one of ${EFFECTS.join(", ")} beside path`,
        when: ({ issues }) => issues.length === 0,
      },
    )
    .refine(({ type, capabilities }) => type !== "directory" || capabilities === undefined, {
      path: ["capabilities"],
      error: 'no capabilities in a rule with "type": "directory", as only files have some',
    })
    .refine(
      ({ xattrs = {}, capabilities }) =>
        capabilities === undefined || !Object.hasOwn(xattrs, "security.capability"),
      {
        path: ["capabilities"],
        error:
          'no capabilities beside the extended attribute "security.capability" that holds them',
      },
    )
    .meta({ anyOf: EFFECTS.map((name) => ({ required: [name] })) }),
  { error: "an array of rules" },
);
