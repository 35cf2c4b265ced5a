/**
 * The schema of the spec as users write it. Each `error` says what is allowed.
 * @module
 */

import { z } from "zod";
import { LAYERING_STRATEGIES } from "../layering/strategies.ts";
import { ARCHITECTURE_NAMES, OCI_ARCHITECTURES, ociArchitecture } from "./architecture.ts";
import { configSchema } from "./config_schema.ts";
import { IMAGE_NAME, IMAGE_TAG } from "./image_name.ts";
import { parseTime } from "./time.ts";

/** dockerTools' `created` and `mtime`. */
const DEFAULT_TIME = "1970-01-01T00:00:01Z";
/** The last number is taken: chown reads it as "leave as it is". */
const MAX_ID = 2 ** 32 - 2;
const MIN_LAYERS = 2;
const MAX_LAYERS = 125;

const name = (() => {
  const error = ({ input }: { input?: unknown }) => {
    const allowed = 'an image name such as "app" or "registry.example.org:5000/team/app"';
    const tagged = typeof input === "string" && /^(.*):[^:/]*$/s.exec(input)?.[1];
    return tagged && IMAGE_NAME.test(tagged) ? `${allowed} (the tag goes into "tag")` : allowed;
  };
  return z.string({ error }).regex(IMAGE_NAME, { error }).transform((text) => text.toLowerCase());
})();

const tag = (() => {
  const error = 'null or a tag: at most 128 of the characters A-Z a-z 0-9 "_" "." "-", ' +
    'the first neither "." nor "-"';
  return z.string({ error }).regex(IMAGE_TAG, { error }).nullable();
})();

const contents = (() => {
  const error = "a path";
  const path = z.string({ error }).min(1, { error });
  const message = "a path or an array of paths";
  return z.union([path, z.array(path, { error: message })], { error: message })
    .transform((paths) => typeof paths === "string" ? [paths] : paths);
})();

const architecture = (() => {
  const error = ({ input }: { input?: unknown }) => {
    const allowed = `one of ${OCI_ARCHITECTURES.join(", ")}, or a Nix system name for Linux`;
    const os = typeof input === "string" ? /^\w+-(?!linux$)(\w+)$/.exec(input)?.[1] : undefined;
    return os === undefined ? allowed : `${allowed} (images are for Linux, not for ${os})`;
  };
  return z.enum(ARCHITECTURE_NAMES, { error }).transform((text) => ociArchitecture(text) ?? text);
})();

function time(first: number, limit: string) {
  const error = '"now", an ISO 8601 time such as "2026-01-31T12:00:00Z", ' +
    `or "@" and the seconds since 1970${limit}`;
  return z.string({ error }).transform((text, context) => {
    const parsed = parseTime(text);
    if (parsed === "now" || (parsed !== undefined && parsed >= first)) return parsed;
    context.issues.push({ code: "custom", message: error, input: text });
    return z.NEVER;
  });
}

function integer(least: number, most: number) {
  const error = `an integer from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

function ownerName() {
  const error = "a name";
  return z.string({ error }).refine((text) => text.isWellFormed() && !text.includes("\0"), {
    error: "a name without NUL and lone surrogates, which no tar header can hold",
  });
}

/** The schema. `architecture` has no default here, as that depends on the host. */
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe("The address of this schema, for editors."),
  name: name.describe(
    "The image's repository name, with a registry host if it has one. It is lower-cased.",
  ),
  tag: tag.default(null).describe(
    "The image's tag. Null: a hash of what determines the image.",
  ),
  contents: contents.prefault([]).describe(
    "What appears in the root directory of the image, as links to files: store paths, paths below " +
      "one, or links to them such as ./result. Relative paths start at the spec file. The first " +
      "path wins where two have the same file.",
  ),
  config: configSchema.default({}).describe(
    "The config object of the OCI image config: Env, Cmd, Entrypoint and so on. Store paths that " +
      "it mentions become part of the image.",
  ),
  architecture: architecture.optional().describe(
    "The processor architecture that the image is for: an OCI name such as arm64 or a Nix system " +
      "name such as aarch64-linux. Default: the host's.",
  ),
  created: time(-Infinity, "").prefault(DEFAULT_TIME).describe(
    'When the image says it was made: "now", an ISO 8601 date or time (UTC if it has no zone), or ' +
      "@SECONDS since 1970.",
  ),
  mtime: time(0, ", not before 1970").prefault(DEFAULT_TIME).describe(
    "The modification time of the store layers' files, written as created; not before 1970.",
  ),
  uid: integer(0, MAX_ID).default(0).describe("The numeric owner of the store layers' files."),
  gid: integer(0, MAX_ID).default(0).describe("The numeric group of the store layers' files."),
  uname: ownerName().default("root").describe("The name of the store layers' files' owner."),
  gname: ownerName().default("root").describe("The name of the store layers' files' group."),
  maxLayers: integer(MIN_LAYERS, MAX_LAYERS).default(100).describe(
    "The most layers the image may have, the one with the contents' links included.",
  ),
  includeStorePaths: z.boolean({ error: "true or false" }).default(true).describe(
    "Whether the image holds the store paths. Without them it runs only where the store is mounted.",
  ),
  layering: z.enum(LAYERING_STRATEGIES, {
    error: LAYERING_STRATEGIES.map((strategy) => JSON.stringify(strategy)).join(" or "),
  }).default(LAYERING_STRATEGIES[0]).describe(
    "How store paths are grouped into layers: auto is nixpkgs' present default, popularity its former.",
  ),
}, { error: "a JSON object" });
