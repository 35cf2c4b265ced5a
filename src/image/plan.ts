/**
 * From a spec to an image. The plan between them holds all that was decided and all that was looked
 * up, so that it can be written down and carried out later, by another process.
 * @module
 */

import { FORMAT_VERSION } from "../layer/format_version.ts";
import { identityOf } from "../layer/layer.ts";
import { StoreLayer } from "../layer/store_layer.ts";
import { planLayers } from "../layering/layering.ts";
import type { LayerPlan } from "../layering/layer_plan.ts";
import { symlinkFarm } from "../rootfs/symlink_farm.ts";
import { TopLayer } from "../rootfs/top_layer.ts";
import type { ImageSpec, JsonObject } from "../spec/image_spec.ts";
import type { ClosureSource } from "../store/closure.ts";
import { closureWithMentions, mentionsIn } from "../store/mentions.ts";
import { enclosingStorePath, type StorePath } from "../store/store_path.ts";
import type { Image } from "./image.ts";
import { formatJson, sortKeys } from "./json.ts";

/** A layer of store paths and its size. */
export interface PlannedLayer extends LayerPlan {
  /** The sum of its paths' NAR sizes in bytes. */
  readonly size: number;
}

/** What a plan takes over from the spec. */
export type PlannedFields = Pick<
  ImageSpec,
  | "architecture"
  | "created"
  | "mtime"
  | "uid"
  | "gid"
  | "uname"
  | "gname"
  | "config"
  | "contents"
>;

/** All that determines an image. Plain data: it survives JSON. */
export interface ImagePlan extends PlannedFields {
  /** The byte format that it was planned for. */
  readonly formatVersion: number;
  /** The image's name and tag. */
  readonly repoTag: string;
  /** The layers of store paths, lowest first. The top layer comes on top of them. */
  readonly layers: readonly PlannedLayer[];
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
}

/** Options of {@linkcode planImage}. */
export interface PlanOptions {
  /** Knows the closures. */
  readonly source: ClosureSource;
  /** The directory that holds `nix/store`: "" (the default) for the host's own. */
  readonly storeRoot?: string;
  /** Takes the place of the spec's name and tag. */
  readonly repoTag?: string;
}

/**
 * Decides which layers an image has. Reads no file contents.
 *
 * @throws {ImageError} if a store path is not known to the source.
 */
export async function planImage(spec: ImageSpec, options: PlanOptions): Promise<ImagePlan> {
  const { architecture, created, mtime, uid, gid, uname, gname, config, contents } = spec;
  const layers = spec.includeStorePaths ? await storeLayers(spec, options.source) : [];
  const decided = {
    formatVersion: FORMAT_VERSION,
    architecture,
    created,
    mtime,
    uid,
    gid,
    uname,
    gname,
    config,
    contents,
  };
  const tag = spec.tag ??
    shortHash(identityOf("tag", canonical(decided), ...layers.map(({ paths }) => paths)));
  const repoTag = options.repoTag ?? `${spec.name.toLowerCase()}:${tag}`;
  return { ...decided, repoTag, layers, storeRoot: options.storeRoot ?? "" };
}

/** The same text however the spec orders its keys. */
function canonical(value: JsonObject): string {
  return formatJson(sortKeys(value));
}

async function storeLayers(spec: ImageSpec, source: ClosureSource): Promise<PlannedLayer[]> {
  const roots = spec.contents.map((path) => enclosingStorePath(path) as StorePath);
  const mentions = mentionsIn(spec.config, "config");
  const closure = await closureWithMentions(source, roots, mentions);
  const limit = spec.maxLayers - 1; // the top layer is the other one
  return planLayers(closure, { strategy: spec.layering, limit }).map((layer) => ({
    ...layer,
    size: layer.paths.reduce((sum, path) => sum + closure.get(path)!.narSize, 0),
  }));
}

/** 32 characters of Nix base 32, as the hash part of a store path that is a tag in nixpkgs. */
function shortHash(hex: string): string {
  const alphabet = "0123456789abcdfghijklmnpqrsvwxyz";
  let bits = BigInt(`0x${hex.slice(0, 40)}`);
  let text = "";
  for (; text.length < 32; bits >>= 5n) text = alphabet[Number(bits & 31n)] + text;
  return text;
}

/** An image made from a plan. */
export interface PlannedImage {
  /** The image. */
  readonly image: Image;
  /** The time for the members of an archive of the image, in seconds since the epoch. */
  readonly mtime: number;
  /** What was left out of the top layer, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * Makes the image that a plan describes. Reads directories, no file contents: its layers do when
 * they are opened.
 *
 * @param now stands for "now" in the plan
 * @throws {ImageError} if the contents can not be read.
 */
export async function imageOf(plan: ImagePlan, now: Date): Promise<PlannedImage> {
  const { architecture, config, contents, storeRoot } = plan;
  const mtime = plan.mtime === "now" ? Math.floor(now.getTime() / 1000) : plan.mtime;
  const owner = { uid: plan.uid, gid: plan.gid, uname: plan.uname, gname: plan.gname, mtime };
  const sources = contents.map((path) => ({ kind: "store", path } as const));
  const farm = await symlinkFarm(sources, storeRoot, { uid: 0, gid: 0 });
  const layers = [
    ...plan.layers.map(({ paths }) => new StoreLayer(paths, owner, storeRoot)),
    new TopLayer(farm.tree, contents),
  ];
  const created = isoTime(plan.created === "now" ? now : new Date(plan.created * 1000));
  const notices = [...farm.notices, ...farm.clashes];
  return { image: { architecture, created, config, layers }, mtime, notices };
}

/** As Python's `datetime.isoformat` writes a time in UTC: fractions only where there are any. */
function isoTime(time: Date): string {
  const iso = time.toISOString();
  return iso.endsWith(".000Z") ? iso.replace(".000Z", "+00:00") : iso.replace("Z", "000+00:00");
}
