/**
 * From a spec to a plan: all that was decided and all that was looked up, so that it can be written
 * down and carried out later, by another process.
 * @module
 */

import { PermissionRules } from "../layer/permissions.ts";
import { FORMAT_VERSION } from "../layer/format_version.ts";
import { identityOf } from "../layer/layer.ts";
import { planLayers } from "../layering/layering.ts";
import { isLinksAlone } from "../rootfs/links_alone.ts";
import type { ImageSpec, JsonObject } from "../spec/image_spec.ts";
import type { Closure, ClosureSource } from "../store/closure.ts";
import { closureWithMentions, mentionsIn } from "../store/mentions.ts";
import { enclosingStorePath, type StorePath } from "../store/store_path.ts";
import type { ImagePlan, PlannedLayer, PlannedLinks, PlannedTop } from "./image_plan.ts";
import { formatJson, sortKeys } from "./json.ts";
import type { TopOptions } from "./plan_top.ts";

/** Options of {@linkcode planImage}. */
export interface PlanOptions extends TopOptions {
  /** Takes the place of the spec's name and tag. */
  readonly repoTag?: string;
}

/**
 * Decides which layers an image has. Where the root file system is more than links to store paths,
 * it is made now, commands and all: what it mentions decides which store paths the image holds.
 *
 * @throws {ImageError} if a store path is not known to the source, something can not be read, or a
 * command fails.
 */
export async function planImage(spec: ImageSpec, options: PlanOptions): Promise<ImagePlan> {
  const { type, architecture, os, variant, created, mtime, uid, gid, uname, gname } = spec;
  const { config } = spec;
  const contents = storeContents(spec);
  const named = await namedClosure(spec, options.source);
  let top: PlannedLinks | PlannedTop = { links: contents };
  let closure = named;
  if (!isLinksAlone(spec)) {
    // All that makes root file systems takes long to load.
    const { planTop } = await import("./plan_top.ts");
    const planned = await planTop(spec, named, options);
    top = { ...planned.top, contents };
    closure = planned.closure;
  }
  const layers = spec.includeStorePaths ? storeLayers(spec, closure) : [];
  const decided = {
    formatVersion: FORMAT_VERSION,
    type,
    architecture,
    os,
    variant,
    created,
    mtime,
    uid,
    gid,
    uname,
    gname,
    config,
    storePermissions: new PermissionRules(spec.permissions).touchStore ? spec.permissions : [],
  };
  const tag = spec.tag ?? shortHash(
    identityOf(
      "tag",
      canonical({ ...decided, storePermissions: JSON.stringify(decided.storePermissions) }),
      "links" in top ? top.links : top.digest,
      ...layers.map(({ paths }) => paths),
    ),
  );
  const repoTag = options.repoTag ?? `${spec.name.toLowerCase()}:${tag}`;
  return { ...decided, repoTag, layers, top, storeRoot: options.storeRoot ?? "" };
}

/** The closure of what the spec puts into the image by name: contents and mentions of the config. */
async function namedClosure(spec: ImageSpec, source: ClosureSource): Promise<Closure> {
  if (!spec.includeStorePaths && !spec.includeNixDB) return new Map();
  const roots = spec.type === "layered"
    ? storeContents(spec).map((path) => enclosingStorePath(path) as StorePath)
    : [];
  return await closureWithMentions(source, roots, mentionsIn(spec.config, "config"));
}

function storeContents({ contents, copyToRoot }: ImageSpec): string[] {
  return [...contents, ...copyToRoot].flatMap(({ kind, path }) => kind === "store" ? [path] : []);
}

/** The same text however the spec orders its keys. */
function canonical(value: JsonObject): string {
  return formatJson(sortKeys(value));
}

function storeLayers(spec: ImageSpec, closure: Closure): PlannedLayer[] {
  const sizeOf = (paths: readonly StorePath[]) =>
    paths.reduce((sum, path) => sum + closure.get(path)!.narSize, 0);
  if (spec.type === "single") {
    const paths = [...closure.keys()].sort();
    return [{ paths, reason: "single image", size: sizeOf(paths) }];
  }
  const limit = spec.maxLayers - 1; // the top layer is the other one
  return planLayers(closure, { strategy: spec.layering, limit })
    .map((layer) => ({ ...layer, size: sizeOf(layer.paths) }));
}

/** 32 characters of Nix base 32, as the hash part of a store path that is a tag in nixpkgs. */
function shortHash(hex: string): string {
  const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
  let bits = BigInt(`0x${hex.slice(0, 40)}`);
  let text = "";
  for (; text.length < 32; bits >>= 5n) text = alphabet[Number(bits & 31n)] + text;
  return text;
}
