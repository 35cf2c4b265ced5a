/**
 * From a spec to a plan: all that was decided and all that was looked up, so that it can be written
 * down and carried out later, by another process.
 * @module
 */

import type { BaseImage } from "../base/base_image.ts";
import { PermissionRules } from "../layer/permissions.ts";
import { FORMAT_VERSION } from "../layer/format_version.ts";
import { identityOf } from "../layer/layer.ts";
import type { LayerPlan } from "../layering/layer_plan.ts";
import type { LayeringOptions } from "../layering/layering.ts";
import type { LayerTarget } from "../layering/targets.ts";
import { isLinksAlone } from "../rootfs/links_alone.ts";
import type { ImageSpec, JsonObject } from "../spec/image_spec.ts";
import type { Closure, ClosureSource } from "../store/closure.ts";
import { storeOnDisk } from "../store/store_files.ts";
import { closureWithMentions, mentionsIn, withoutAbsent } from "../store/mentions.ts";
import { enclosingStorePath, type StorePath } from "../store/store_path.ts";
import type { ImagePlan, PlannedLayer, PlannedLinks, PlannedTop } from "./image_plan.ts";
import { formatJson, sortKeys } from "./json.ts";
import { LayerBudget } from "./layer_budget.ts";
import { plannedLayer } from "./planned_layer.ts";
import type { PlanOnBase } from "./plan_on_base.ts";
import type { TopOptions } from "./plan_top.ts";
import { storeLayers } from "./store_layers.ts";

/** Options of {@linkcode planImage}. */
export interface PlanOptions extends TopOptions {
  /** Takes the place of the spec's name and tag. */
  readonly repoTag?: string;
  /** The image that `fromImage` of the spec leads to; needed where it has one. */
  readonly base?: BaseImage | undefined;
  /** Where the image goes: how many layers it may have there. Default: anywhere. */
  readonly target?: LayerTarget | undefined;
  /** Told what looks like a mistake, one sentence each. */
  readonly onWarning?: (message: string) => void;
  /** What else decides on layers of store paths. */
  readonly layering?: LayeringWishes;
  /** Told of the closure that is grouped into layers, and how; of none where it becomes one. */
  readonly onClosure?: (closure: Closure, layering: LayeringOptions | undefined) => void;
}

/** What decides on layers of store paths besides the spec. */
export interface LayeringWishes extends Partial<Pick<LayeringOptions, "strategy" | "previous">> {
  /** Closures of earlier versions of this one, oldest first. */
  readonly history?: (closure: Closure) => readonly Closure[];
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
  const { annotations } = spec;
  const contents = storeContents(spec);
  const onBase = spec.fromImage === null ? undefined : await onBaseOf(spec, options);
  const base = onBase?.base ?? null;
  const budget = LayerBudget.of(spec, base, options.target);
  const config = onBase?.config ?? spec.config;
  const source = onBase?.source ?? options.source;
  const named = await namedClosure(spec, source);
  let top: PlannedLinks | PlannedTop = { links: contents };
  let closure = named;
  if (!isLinksAlone(spec)) {
    // All that makes root file systems takes long to load.
    const { planTop } = await import("./plan_top.ts");
    const planned = await planTop(spec, named, { ...options, source }, onBase);
    const notices = [...onBase?.notices ?? [], ...planned.top.notices];
    top = { ...planned.top, notices, contents };
    closure = planned.closure;
  }
  if (onBase !== undefined) closure = await onBase.withoutHeld(closure);
  const layers = plannedLayers(spec, closure, budget, options);
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
    annotations,
    storePermissions: new PermissionRules(spec.permissions).touchStore ? spec.permissions : [],
  };
  const tag = spec.tag ?? shortHash(
    identityOf(
      "tag",
      canonical(determining(decided)),
      ...base === null ? [] : [base.configDigest],
      "links" in top ? top.links : top.digest,
      ...layers.map(({ paths }) => paths),
    ),
  );
  const repoTag = options.repoTag ?? `${spec.name.toLowerCase()}:${tag}`;
  return { ...decided, repoTag, base, layers, top, storeRoot: options.storeRoot ?? "" };
}

async function onBaseOf(spec: ImageSpec, options: PlanOptions): Promise<PlanOnBase> {
  const { base, source, storeRoot = "", files = storeOnDisk(storeRoot) } = options;
  if (base === undefined) {
    throw new TypeError("planImage() needs the base image that is to be used");
  }
  // Others need not load what reads images.
  const { planOnBase } = await import("./plan_on_base.ts");
  return await planOnBase(spec, base, source, files);
}

/** What decides on the tag, as JSON. Fields that came later are there only where they are used. */
function determining(
  { annotations, storePermissions, ...fields }: Omit<
    ImagePlan,
    "repoTag" | "base" | "layers" | "top" | "storeRoot"
  >,
): JsonObject {
  return {
    ...fields,
    ...Object.keys(annotations).length > 0 ? { annotations } : {},
    storePermissions: JSON.stringify(storePermissions),
  };
}

/** The closure of what the spec puts into the image by name: contents and mentions of the config. */
async function namedClosure(spec: ImageSpec, source: ClosureSource): Promise<Closure> {
  if (!spec.includeStorePaths && !spec.includeNixDB) return new Map();
  const roots = spec.type === "layered"
    ? storeContents(spec).map((path) => enclosingStorePath(path) as StorePath)
    : [];
  const mentions = withoutAbsent(mentionsIn(spec.config, "config"), spec.absentStorePaths);
  return await closureWithMentions(source, roots, mentions);
}

function storeContents({ contents, copyToRoot }: ImageSpec): string[] {
  return [...contents, ...copyToRoot].flatMap(({ kind, path }) => kind === "store" ? [path] : []);
}

/** The same text however the spec orders its keys. */
function canonical(value: JsonObject): string {
  return formatJson(sortKeys(value));
}

function plannedLayers(
  spec: ImageSpec,
  closure: Closure,
  budget: LayerBudget,
  { target, layering = {}, onWarning: warn = () => {}, onClosure }: PlanOptions,
): PlannedLayer[] {
  const planned = (layer: LayerPlan) => plannedLayer(layer, closure);
  if (!spec.includeStorePaths) return [];
  if (spec.type === "single") {
    onClosure?.(closure, undefined);
    const paths = [...closure.keys()].sort();
    return [planned({ paths, reason: "single image" })];
  }
  const { strategy = spec.layering, previous } = layering;
  const history = layering.history?.(closure) ?? [];
  const options = { strategy, history, ...previous && { previous }, ...target && { target } };
  const layers = storeLayers(spec, closure, { ...options, budget, warn });
  if (closure.size > 0) onClosure?.(closure, { ...options, limit: budget.left });
  return layers.map(planned);
}

/** 32 characters of Nix base 32, as the hash part of a store path that is a tag in nixpkgs. */
function shortHash(hex: string): string {
  const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
  let bits = BigInt(`0x${hex.slice(0, 40)}`);
  let text = "";
  for (; text.length < 32; bits >>= 5n) text = alphabet[Number(bits & 31n)] + text;
  return text;
}
