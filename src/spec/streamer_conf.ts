/**
 * The file `conf.json` that nixpkgs' streamLayeredImage hands to its script.
 * @module
 */

import { z } from "zod";
import { UsageError } from "../errors.ts";
import { isStoreName, type StorePath } from "../store/store_path.ts";
import { isObject } from "./config_schema.ts";
import type { SpecDocument } from "./document.ts";
import type { JsonValue } from "./image_spec.ts";
import { type OrderedValue, parseOrdered } from "./ordered_json.ts";
import { type Problem, problemLines, unexpected } from "./problem.ts";
import { schemaProblems } from "./schema_issues.ts";
import { ownerName } from "./schema_values.ts";
import { parseTime } from "./time.ts";

/** What a conf.json says, checked. */
export interface StreamerConf {
  /** OCI name, such as `amd64`. */
  readonly architecture: string;
  /** The image config's `config`, as it stands there: an object, or null. */
  readonly config: OrderedValue;
  /** A docker-archive, or null. */
  readonly fromImage: string | null;
  /** Store paths, a list for each layer. */
  readonly storeLayers: readonly (readonly StorePath[])[];
  /** A directory with `layer.tar` and `checksum`. */
  readonly customisationLayer: string;
  readonly repoTag: string;
  /** As the image says it, or the time of streaming. */
  readonly created: string | "now";
  /** In seconds since 1970, or the time of streaming. */
  readonly mtime: number | "now";
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
}

/** A conf.json, and what to tell of it. */
export interface LoadedConf {
  readonly conf: StreamerConf;
  /** One line each, with the file's name. */
  readonly warnings: readonly string[];
}

/** No spec has these. */
const OWN_KEYS = ["store_layers", "customisation_layer"];

/** Whether the document is a conf.json, be it a wrong one: a spec has a name, and none of its keys. */
export function isStreamerConf(document: JsonValue): boolean {
  if (!isObject(document)) return false;
  const own = OWN_KEYS.filter((key) => Object.hasOwn(document, key));
  return own.length === OWN_KEYS.length || own.length > 0 && !Object.hasOwn(document, "name");
}

const path = (() => {
  const error = "an absolute path";
  return z.string({ error }).regex(/^\/[^\0]*$/, { error });
})();

const name = (() => {
  const error = "a name";
  return z.string({ error }).min(1, { error });
})();

const id = (() => {
  const error = "an id as a string of digits";
  return z.string({ error }).regex(/^\d{1,15}$/, { error }).transform(Number);
})();

const time = (() => {
  const error = '"now", or an ISO 8601 time with a zone such as "1970-01-01T00:00:01+00:00"';
  return z.string({ error }).refine((text) => text === "now" || isoTime(text) !== undefined, {
    error,
  });
})();

const strings = z.array(z.string({ error: "a string" }), { error: "null or an array of strings" });

const schema = z.looseObject({
  architecture: name,
  // What else is in it is passed on as it stands.
  config: z.looseObject({ Env: strings.nullish() }, { error: "null or an object" }).nullable(),
  os: z.literal("linux", { error: '"linux"' }),
  store_dir: path,
  from_image: path.nullable(),
  store_layers: z.array(
    z.array(z.string({ error: "a store path" }), { error: "an array of store paths" }),
    { error: "an array of arrays of store paths" },
  ),
  customisation_layer: path,
  repo_tag: name,
  created: time,
  mtime: time,
  uid: id,
  gid: id,
  uname: ownerName(),
  gname: ownerName(),
});

/**
 * Checks a conf.json. What it refers to is not looked at.
 *
 * @throws {UsageError} if it is wrong; its message has one line for each problem.
 */
export function streamerConfOf({ file, text, value: document }: SpecDocument): LoadedConf {
  const parsed = schema.safeParse(document);
  const problems = parsed.success
    ? storePathProblems(parsed.data)
    : schemaProblems(parsed.error.issues, document);
  if (!parsed.success || problems.length > 0) {
    throw new UsageError(problemLines(file, problems).join("\n"));
  }
  const { data } = parsed;
  const ordered = parseOrdered(text);
  const conf = {
    architecture: data.architecture,
    config: ordered instanceof Map ? ordered.get("config") ?? null : null,
    fromImage: data.from_image,
    storeLayers: data.store_layers as StorePath[][],
    customisationLayer: data.customisation_layer,
    repoTag: data.repo_tag,
    created: data.created === "now" ? "now" : isoTime(data.created) ?? "",
    mtime: parseTime(data.mtime) ?? 0,
    uid: data.uid,
    gid: data.gid,
    uname: data.uname,
    gname: data.gname,
  };
  const unknown = Object.keys(data).filter((key) => !Object.hasOwn(schema.shape, key));
  const doubts = unknown.map((key) => ({
    path: [key],
    text: "unknown key, which is ignored: nixpkgs' own script may do something else with it",
  }));
  return { conf, warnings: problemLines(file, doubts) };
}

/**
 * The time as Python's `datetime` writes what it has read, for which GNU date wrote it; undefined
 * if it is no such.
 */
function isoTime(text: string): string | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);
  if (!isTime || parseTime(text) === undefined) return undefined;
  return text.replace(/Z|-00:00$/, "+00:00");
}

function storePathProblems({ store_dir, store_layers }: z.infer<typeof schema>): Problem[] {
  return store_layers.flatMap((paths, layer) =>
    paths.flatMap((path, index) => {
      const isStorePath = path.startsWith(`${store_dir}/`) &&
        isStoreName(path.slice(store_dir.length + 1));
      if (isStorePath) return [];
      return [unexpected(["store_layers", layer, index], `a store path in ${store_dir}`, path)];
    })
  );
}
