/**
 * The schema of `files`.
 * @module
 */

import { z } from "zod";
import { enclosingStorePath } from "../store/store_path.ts";
import { id, octalMode } from "./schema_values.ts";

const PATH = /^(?:\/(?!\.\.?(?:\/|$))[^/\0]+)+$/;

const common = {
  path: (() => {
    const error =
      'an absolute path such as "/etc/motd", without "//", "/" at the end, "." and "..", ' +
      "not within a store path";
    return z.string({ error }).regex(PATH, { error })
      .refine((path) => path.isWellFormed() && enclosingStorePath(path) === undefined, { error });
  })().describe("Where it is in the image. The directories above need not be given."),
  uid: id.optional().describe("The numeric owner. Default: that of the root's other files."),
  gid: id.optional().describe("The numeric group. Default: that of the root's other files."),
};

const mode = octalMode.optional();

const text = (() => {
  const error = "a text";
  return z.string({ error }).refine((text) => text.isWellFormed(), {
    error: "a text without lone surrogates",
  });
})();

const target = (() => {
  const error = "where the link leads";
  return z.string({ error }).regex(/^[^\0]+$/, { error })
    .refine((text) => text.isWellFormed(), { error });
})();

const file = z.strictObject({
  type: z.literal("file"),
  ...common,
  mode: mode.describe("The permission bits in octal. Default: 0644."),
  text: text.describe("What is in it, written in UTF-8."),
});
const directory = z.strictObject({
  type: z.literal("directory"),
  ...common,
  mode: mode.describe("The permission bits in octal. Default: 0755."),
});
const symlink = z.strictObject({
  type: z.literal("symlink"),
  ...common,
  target: target.describe("Where it leads."),
});

const TYPES = { file, directory, symlink };

/** The names of the fields of a file; if its type is none, of those of all types. */
export function fileFields(type: unknown): string[] {
  const types = Object.entries(TYPES).filter(([name]) => name === type);
  const shapes = (types.length > 0 ? types : Object.entries(TYPES)).map(([, { shape }]) => shape);
  return [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
}

/** The schema: files, none twice. */
export const files = z.array(
  z.discriminatedUnion("type", [file, directory, symlink], {
    error: 'an object with "type": "file", "directory" or "symlink", such as ' +
      '{"type": "file", "path": "/etc/motd", "text": "Hello\\n"}',
  }),
  { error: "an array of files" },
).superRefine((files, context) => {
  const seen = new Set<string>();
  for (const [index, { path }] of files.entries()) {
    if (seen.has(path)) {
      context.addIssue({ code: "custom", path: [index, "path"], message: "each path once" });
    }
    seen.add(path);
  }
});
