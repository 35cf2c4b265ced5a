/**
 * The image spec after checking: every field present, names mapped, times as numbers.
 * @module
 */

import type { LayeringStrategy } from "../layering/strategies.ts";

/** Any value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object; its keys keep the order in which they were written. */
export interface JsonObject {
  /** Any member. */
  readonly [key: string]: JsonValue;
}

/** Something that the root file system is made from. */
export interface RootSource {
  /**
   * `store`: a store path or a path below one, logical (it is found under the store root);
   * `directory` and `tarball`: outside of the store, absolute on this host.
   */
  readonly kind: "store" | "directory" | "tarball";
  /** Where it is. */
  readonly path: string;
}

/** Ownership, mode and extended attributes for the paths that match. */
export interface PermissionRule {
  /** Absolute, with `*`, `?`, `[…]` within a component and `**` for any number of components. */
  readonly path: string;
  /** Applies to these alone. */
  readonly type?: "file" | "directory" | undefined;
  /** User, by number. */
  readonly uid?: number | undefined;
  /** Group, by number. */
  readonly gid?: number | undefined;
  /** Permission bits; symlinks keep theirs. */
  readonly mode?: number | undefined;
  /** Extended attributes by full name, their values in base64. */
  readonly xattrs?: Readonly<Record<string, string>> | undefined;
  /** File capabilities as setcap writes them, such as `cap_net_bind_service+ep`; files alone. */
  readonly capabilities?: string | undefined;
}

/** What `helpers` may name. */
export const HELPERS = ["usrBinEnv", "binSh", "caCertificates", "fakeNss"] as const;

/** One of {@linkcode HELPERS}. */
export type HelperName = typeof HELPERS[number];

/** Lines that fakeNss adds between root and nobody. */
export interface FakeNssLines {
  readonly extraPasswdLines: readonly string[];
  readonly extraGroupLines: readonly string[];
}

/** What an image is to be made of. Fields are named as the arguments of streamLayeredImage. */
export interface ImageSpec {
  /** The repository name, in lower case, without tag. */
  readonly name: string;
  /** The tag, or null for one computed from what determines the image. */
  readonly tag: string | null;
  /** Logical paths, each a store path or below one; on a collision the first one wins. */
  readonly contents: readonly string[];
  /** The OCI image config's `config` object, exactly as the spec has it. */
  readonly config: JsonObject;
  /** The OCI name of the architecture, such as `amd64`. */
  readonly architecture: string;
  /** When the image says it was made: seconds since 1970, or the time of the run. */
  readonly created: number | "now";
  /** The modification time of the store layers' files: seconds since 1970, not negative. */
  readonly mtime: number | "now";
  /** The numeric owner of the store layers' files. */
  readonly uid: number;
  /** The numeric group of the store layers' files. */
  readonly gid: number;
  /** The owner's name in the store layers' tar headers. */
  readonly uname: string;
  /** The group's name in the store layers' tar headers. */
  readonly gname: string;
  /** The most layers the image may have, the top layer included: 2 to 125. */
  readonly maxLayers: number;
  /** Whether the image holds the store paths; without them it needs a mounted store. */
  readonly includeStorePaths: boolean;
  /** How store paths are grouped into layers. */
  readonly layering: LayeringStrategy;
}
