/**
 * The image spec after checking: every field present, names mapped, times as numbers.
 * @module
 */

import type { Step } from "../layering/pipeline/step.ts";
import type { StorePath } from "../store/store_path.ts";
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
  /** The numeric owner. */
  readonly uid?: number | undefined;
  /** The numeric group. */
  readonly gid?: number | undefined;
  /** Permission bits; symlinks keep theirs. */
  readonly mode?: number | undefined;
  /** Extended attributes by full name, their values in base64. */
  readonly xattrs?: Readonly<Record<string, string>> | undefined;
  /** File capabilities as setcap writes them, such as `cap_net_bind_service+ep`; files alone. */
  readonly capabilities?: string | undefined;
}

/** Files that programs expect, as dockerTools' attribute of that name has them. */
export type HelperName = "usrBinEnv" | "binSh" | "caCertificates" | "fakeNss";

/** What `helpers` may name. */
export const HELPERS = [
  "usrBinEnv",
  "binSh",
  "caCertificates",
  "fakeNss",
] as const satisfies HelperName[];

/** A file, directory or link of the root directory that the spec itself has. */
export type SpecFile =
  & {
    /** Absolute, and not within a store path. */
    readonly path: string;
    /** The numeric owner; undefined: that of the root's other files. */
    readonly uid?: number | undefined;
    /** The numeric group, as with the owner. */
    readonly gid?: number | undefined;
  }
  & (
    | { readonly type: "file"; readonly mode?: number | undefined; readonly text: string }
    | { readonly type: "directory"; readonly mode?: number | undefined }
    | { readonly type: "symlink"; readonly target: string }
  );

/** Lines that fakeNss adds between root and nobody. */
export interface FakeNssLines {
  /** Lines of /etc/passwd, without a line end. */
  readonly extraPasswdLines: readonly string[];
  /** Lines of /etc/group, without a line end. */
  readonly extraGroupLines: readonly string[];
}

/** An image that another one is made on. */
export interface BaseImageSource {
  /**
   * A docker-archive, an OCI archive or the directory of an OCI layout. In the store it is logical
   * (it is found under the store root) and may not be there; elsewhere it is absolute on this host,
   * free of links, and a file or a directory.
   */
  readonly path: string;
  /** Whether it is a store path or below one. */
  readonly inStore: boolean;
  /** The repository name of the image in there, or null where there is one alone. */
  readonly name: string | null;
  /** The tag of the image in there; null: `latest`, or the only one. */
  readonly tag: string | null;
  /** `OS/ARCHITECTURE[/VARIANT]` of the image in there; null: the one the image is made for. */
  readonly platform: string | null;
}

/** An image in a registry that another one is made on. */
export interface RegistryImageSource {
  /** Such as `docker.io/library/alpine@sha256:…`; without a digest what its tag stands for. */
  readonly registry: string;
  /** `OS/ARCHITECTURE[/VARIANT]` of the image; null: the one the image is made for. */
  readonly platform: string | null;
  /** Whether the registry must speak TLS and have a certificate that holds. */
  readonly tlsVerify: boolean;
}

/** What of the config of its base image an image can have as well. */
export type InheritedField =
  | "Env"
  | "Entrypoint"
  | "Cmd"
  | "WorkingDir"
  | "User"
  | "Labels"
  | "ExposedPorts"
  | "Volumes";

/** What `inherit` may name. */
export const INHERITED_FIELDS = [
  "Env",
  "Entrypoint",
  "Cmd",
  "WorkingDir",
  "User",
  "Labels",
  "ExposedPorts",
  "Volumes",
] as const satisfies InheritedField[];

/** Store paths that have a layer of their own, together. */
export interface LayerGroup {
  /** What to call it. */
  readonly name: string;
  /** Store paths; without a slash, patterns for what follows the hash, as in {@linkcode PermissionRule}. */
  readonly paths: readonly string[];
  /** Whether the group also has what its paths need and no path outside of it does. */
  readonly closure: boolean;
}

/** How an image is made: `layered` as by buildLayeredImage, `single` as by buildImage. */
export type ImageType = "layered" | "single";

/** The types of images, the default first. */
export const IMAGE_TYPES = ["layered", "single"] as const satisfies ImageType[];

/** How a built archive is compressed; `gz` is gzip. */
export type Compressor = "gz" | "zstd" | "none";

/** The compressors, the default first. */
export const COMPRESSORS = ["gz", "zstd", "none"] as const satisfies Compressor[];

/**
 * What an image is to be made of. Fields are named as the arguments of dockerTools' buildImage and
 * buildLayeredImage.
 */
export interface ImageSpec {
  /**
   * `layered`: store paths in layers of their own, below a top layer that links to them; `single`:
   * all in one layer.
   */
  readonly type: ImageType;
  /** The image that this one is made on: its layers are below all others. Null: none. */
  readonly fromImage: BaseImageSource | RegistryImageSource | null;
  /** What of the config of `fromImage` the image has as well; no field twice. */
  readonly inherit: readonly InheritedField[];
  /** The repository name, in lower case, without tag. */
  readonly name: string;
  /** The tag, or null for one computed from what determines the image. */
  readonly tag: string | null;
  /** What the root of a layered image links to, the first one first; empty in a single image. */
  readonly contents: readonly RootSource[];
  /** What is copied into the root of a single image, in this order; empty in a layered image. */
  readonly copyToRoot: readonly RootSource[];
  /** Whether a link in the root to a directory stays one where a source has a directory. */
  readonly keepContentsDirlinks: boolean;
  /** Which files that programs expect the root has as well; no name twice. */
  readonly helpers: readonly HelperName[];
  /** Lines that the helper `fakeNss` adds. */
  readonly fakeNss: FakeNssLines;
  /** What the root has besides; no path twice. It wins over contents and helpers. */
  readonly files: readonly SpecFile[];
  /** A shell script that runs as root in a virtual machine whose root is the image's; "" for none. */
  readonly runAsRoot: string;
  /** The size of that machine's disk in MiB; null: as much as base image and contents call for. */
  readonly diskSize: number | null;
  /** The memory of that machine in MiB. */
  readonly buildVMMemorySize: number;
  /** A shell script that runs in the new root, without privileges; "" for none. */
  readonly extraCommands: string;
  /** A shell script that runs in the new root as root under fakeroot; "" for none. */
  readonly fakeRootCommands: string;
  /** Whether `fakeRootCommands` sees the new root as /. */
  readonly enableFakechroot: boolean;
  /** The absolute path of the scripts' shell (a store path may be a package); null: the default. */
  readonly shell: string | null;
  /** The absolute directories in the scripts' PATH; null: the default. */
  readonly path: readonly string[] | null;
  /** Owners, modes and extended attributes by rule; later rules win. */
  readonly permissions: readonly PermissionRule[];
  /** Whether the image has a Nix database of its store paths. */
  readonly includeNixDB: boolean;
  /** The OCI image config's `config` object, exactly as the spec has it. */
  readonly config: JsonObject;
  /** What the manifest says of the image (OCI image spec, annotations): formats with none drop it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The OCI name of the operating system. */
  readonly os: "linux";
  /** The OCI name of the architecture, such as `amd64`. */
  readonly architecture: string;
  /** The variant of the architecture, such as `v7` of `arm`, or null. */
  readonly variant: string | null;
  /** When the image says it was made: seconds since 1970, or the time of the run. */
  readonly created: number | "now";
  /** The modification time of the store paths' files: seconds since 1970, not negative. */
  readonly mtime: number | "now";
  /** The numeric owner of the store layers' files; in a single image, of all that has no other. */
  readonly uid: number;
  /** The numeric group, for the same files as `uid`. */
  readonly gid: number;
  /** The owner's name in the tar headers of store paths. */
  readonly uname: string;
  /** The group's name in the tar headers of store paths. */
  readonly gname: string;
  /**
   * The most layers a layered image may have, the top layer included: 2 to 125. Null: 100, or as many
   * as there may be at all if there is a `layeringPipeline`; less where the image goes to takes less.
   */
  readonly maxLayers: number | null;
  /** Whether the image holds the store paths; without them it needs a mounted store. */
  readonly includeStorePaths: boolean;
  /** Store paths that mentions of them do not bring into the image. */
  readonly absentStorePaths: readonly StorePath[];
  /** URLs of stores that have what this host's own has not, in the order in which they are asked. */
  readonly store: readonly string[];
  /** How a layered image's store paths are grouped into layers. */
  readonly layering: LayeringStrategy;
  /** The operations that make the layers of store paths in place of `layering`; null: none. */
  readonly layeringPipeline: readonly Step[] | null;
  /** Store paths that have a layer together; no name twice. */
  readonly groups: readonly LayerGroup[];
  /** How a built archive is compressed. */
  readonly compressor: Compressor;
}
