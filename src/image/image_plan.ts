/**
 * What is decided of an image before it is made, as plain data.
 * @module
 */

import type { FinishedTop } from "../layer/finished_top.ts";
import type { LayerPlan } from "../layering/layer_plan.ts";
import type { ImageSpec, PermissionRule } from "../spec/image_spec.ts";

/** A layer of store paths and its size. */
export interface PlannedLayer extends LayerPlan {
  /** The sum of its paths' NAR sizes in bytes. */
  readonly size: number;
  /** Names what is in its paths: not there if the hashes of their NARs are not known. */
  readonly contents?: string;
}

/** What a plan takes over from the spec. */
export type PlannedFields = Pick<
  ImageSpec,
  | "type"
  | "architecture"
  | "os"
  | "variant"
  | "created"
  | "mtime"
  | "uid"
  | "gid"
  | "uname"
  | "gname"
  | "config"
  | "annotations"
>;

/** The top layer as links alone: made again, in memory, when the image is. */
export interface PlannedLinks {
  /** The store paths, or paths below one, that the root links to. */
  readonly links: readonly string[];
}

/** A top layer that is finished, with what was noticed while it was made. */
export interface PlannedTop extends FinishedTop {
  /** The store paths, or paths below one, that it was made from. */
  readonly contents: readonly string[];
  /** What may surprise, one sentence each. */
  readonly notices: readonly string[];
  /** Paths that two sources had, one sentence each. */
  readonly clashes: readonly string[];
}

/** The image that another one is made on, and what was found out about it. */
export interface PlannedBase {
  /** Where it is: a docker-archive, an OCI archive or the directory of an OCI layout. */
  readonly path: string;
  /** What to call it: its name, or where it is. */
  readonly name: string;
  /** The digest of its config. */
  readonly configDigest: string;
  /** Its layers, lowest first. */
  readonly layers: readonly PlannedBaseLayer[];
}

/** A layer of a base image. */
export interface PlannedBaseLayer {
  /** The digest of its tar. */
  readonly diffId: string;
  /** The size of its tar in bytes. */
  readonly size: number;
}

/** All that determines an image. Plain data: it survives JSON. */
export interface ImagePlan extends PlannedFields {
  /** The byte format that it was planned for. */
  readonly formatVersion: number;
  /** The image's name and tag. */
  readonly repoTag: string;
  /** The image that it is made on; null for none. */
  readonly base: PlannedBase | null;
  /**
   * The layers of store paths, lowest first, without those of the base. A layered image has its top layer above them; a single
   * image has but one, whose store paths lie in the same layer as all else.
   */
  readonly layers: readonly PlannedLayer[];
  /** What is outside of the store. */
  readonly top: PlannedLinks | PlannedTop;
  /** The spec's rules, if any of them concerns store paths. */
  readonly storePermissions: readonly PermissionRule[];
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
}
