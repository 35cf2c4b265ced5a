/**
 * The image of a conf.json, as nixpkgs' streamLayeredImage makes it.
 * @module
 */

import type { CopiedImage } from "../base/copied_image.ts";
import type { CopiedMember } from "../base/copied_member.ts";
import { pythonList } from "../layer/python_list.ts";
import { type Ownership, StoreLayer } from "../layer/store_layer.ts";
import type { OrderedValue } from "../spec/ordered_json.ts";
import type { StreamerConf } from "../spec/streamer_conf.ts";
import type { StorePath } from "../store/store_path.ts";
import { inheritedConfig } from "./inherit.ts";
import { formatJson } from "./json.ts";
import { isoTime } from "./iso_time.ts";

/** A layer of store paths, and what it is made of. */
export interface ListedLayer {
  readonly layer: StoreLayer;
  readonly paths: readonly StorePath[];
}

/** An image whose layers are named by their digests, which are known when they have been read. */
export interface StreamerImage {
  /** Of the files in store layers; its time is that of the archive's members, too. */
  readonly owner: Ownership;
  /** The directory that holds the store: "" for the host's own. */
  readonly storeRoot: string;
  /** Lowest layer first. */
  readonly layers: readonly (ListedLayer | CopiedMember)[];
  /** Such as `hello:1.0`. */
  readonly repoTag: string;
  /**
   * The image's config (OCI image spec, config), in JSON.
   *
   * @param diffIds one for each layer
   */
  readonly config: (diffIds: readonly string[]) => string;
}

/** What a conf.json refers to. */
export interface StreamerParts {
  readonly base: CopiedImage | undefined;
  readonly customisation: CopiedMember;
  readonly storeRoot: string;
  /** Of the store paths, where all are known. */
  readonly narHashes?: ReadonlyMap<StorePath, string> | undefined;
  /** Stands for "now". */
  readonly now: Date;
}

/** The time that `mtime` in a conf.json stands for, in seconds since the epoch. */
export function mtimeOf({ mtime }: StreamerConf, now: Date): number {
  return mtime === "now" ? Math.floor(now.getTime() / 1000) : mtime;
}

/**
 * The image that a conf.json describes. Reads nothing.
 *
 * @throws {ImageError} if the environment of the base image is no array of strings.
 */
export function streamerImage(conf: StreamerConf, parts: StreamerParts): StreamerImage {
  const { base, customisation, storeRoot, narHashes, now } = parts;
  const { architecture, uid, gid, uname, gname, repoTag } = conf;
  const owner = { uid, gid, uname, gname, mtime: mtimeOf(conf, now) };
  const created = conf.created === "now" ? isoTime(now) : conf.created;
  const storeLayers = conf.storeLayers.map((paths) => {
    const hashes = narHashes && paths.map((path) => narHashes.get(path) ?? "");
    return { layer: new StoreLayer(paths, owner, storeRoot, undefined, hashes), paths };
  });
  const inherited = base && inheritedConfig(base.config, {}, ["Env"]).Env;
  const config = base ? overlaid(conf.config, (inherited ?? []) as string[]) : conf.config;
  const history = [
    ...base?.layers.map(({ header }) => [header.name]) ?? [],
    ...conf.storeLayers,
    [conf.customisationLayer],
  ].map((paths) => ({ created, comment: `store paths: ${pythonList(paths)}` }));
  return {
    owner,
    storeRoot,
    layers: [...base?.layers ?? [], ...storeLayers, customisation],
    repoTag,
    config: (diffIds) =>
      formatJson(
        new Map<string, Parameters<typeof formatJson>[0]>(Object.entries({
          created,
          architecture,
          os: "linux",
          config,
          rootfs: { diff_ids: diffIds, type: "layers" },
          history,
        })),
      ),
  };
}

/**
 * The config with the variables of the base image's `Env` in front of its own; one that is there
 * twice keeps its first place and has its last value.
 */
function overlaid(config: OrderedValue, inherited: readonly string[]): OrderedValue {
  const fields = config instanceof Map ? config : new Map<string, OrderedValue>();
  const variables = [...inherited, ...fields.get("Env") ?? []] as string[];
  if (variables.length === 0) return config;
  const byName = new Map(variables.map((text) => [text.split("=", 1)[0], text]));
  return new Map([...fields, ["Env", [...byName.values()]]]);
}
