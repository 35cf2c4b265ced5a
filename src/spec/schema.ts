/**
 * The schema of the spec as users write it.
 * @module
 */

import { z } from "zod";
import { LAYERING_STRATEGIES } from "../layering/strategies.ts";
import { DEFAULT_LAYERS, MOST_LAYERS } from "../layering/targets.ts";
import { fromImage, fromImageName, fromImageTag, inherit } from "./base_image_schema.ts";
import { configSchema } from "./config_schema.ts";
import { groups } from "./groups_schema.ts";
import { files } from "./files_schema.ts";
import { fakeNss, helpers } from "./helpers_schema.ts";
import { COMPRESSORS, IMAGE_TYPES } from "./image_spec.ts";
import { layeringPipeline } from "./layering_pipeline_schema.ts";
import { permissions } from "./permissions_schema.ts";
import {
  annotations,
  architecture,
  architectureVariant,
  boolean,
  choice,
  distinct,
  id,
  imageName,
  imageTag,
  integer,
  ownerName,
  paths,
  programPath,
  script,
  searchPath,
  storePath,
  stores,
  time,
} from "./schema_values.ts";

/** dockerTools' `created` and `mtime`. */
const DEFAULT_TIME = "1970-01-01T00:00:01Z";
const MIN_LAYERS = 2;
const MIN_DISK = 64;
const MAX_DISK = 1 << 22;
const MIN_MEMORY = 128;
const MAX_MEMORY = 1 << 20;
const WHY_TWO_LAYERS = "one for what is not in the store, and at least one for store paths";

const NOW = "Where SOURCE_DATE_EPOCH is set in the environment, it stands for now.";

/** The schema. `architecture` has no default here, as that depends on the host. */
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe("The address of this schema, for editors."),
  name: imageName.describe(
    "The image's repository name, with a registry host if it has one. It is lower-cased.",
  ),
  tag: imageTag.default(null).describe(
    "The image's tag. Null: a hash of what determines the image.",
  ),
  type: choice(IMAGE_TYPES).default(IMAGE_TYPES[0]).describe(
    "layered, as buildLayeredImage makes it: store paths in layers of their own, below a top layer " +
      "that links to them. single, as buildImage makes it: one layer that holds everything.",
  ),
  fromImage: fromImage.prefault(null).describe(
    "The image that this one is made on: the path of a docker-archive or an OCI archive (as they are, " +
      "or compressed by gzip, zstd, xz or bzip2), or of the directory of an OCI layout. A store path " +
      "or a link to one such as ./result, or a path elsewhere; a relative one starts at the spec " +
      "file. An object also says which of several images there it is, or names an image in a " +
      "registry. Null: none.",
  ),
  fromImageName: fromImageName.prefault(null).describe(
    "The same as name in fromImage: the repository name of the image in there.",
  ),
  fromImageTag: fromImageTag.default(null).describe(
    "The same as tag in fromImage: the tag of the image in there.",
  ),
  inherit: inherit.default(["Env"]).describe(
    "What of the config of fromImage the image has as well. Env, Labels, ExposedPorts and Volumes " +
      "are merged, and what config says wins. Of Entrypoint, Cmd, WorkingDir and User, those are " +
      "taken that config does not have, but no Cmd where it has an Entrypoint.",
  ),
  contents: paths.default([]).describe(
    "Layered images: what appears in the root directory, as links to files in the store. Store " +
      "paths, paths below one, or links to them such as ./result; directories and tarballs (as they " +
      "are, or compressed by gzip, zstd, xz or bzip2) from elsewhere are taken as they are. " +
      "Relative paths start at the spec file. The first path wins where two have the same file. " +
      "Single images: the former name of copyToRoot.",
  ),
  copyToRoot: paths.nullable().default(null).describe(
    "Single images: what is copied into the root directory, given as in contents. The last path " +
      "wins where two have the same file. Null: nothing.",
  ),
  keepContentsDirlinks: boolean().default(false).describe(
    "Single images: what becomes of a link to a directory. false: a link that is copied becomes a " +
      "copy of the directory; true: it stays a link, and what other paths have in a directory of " +
      "that name goes to where it leads.",
  ),
  helpers: helpers.default([]).describe(
    "Files that programs expect, by name: usrBinEnv is /usr/bin/env, binSh is /bin/sh, caCertificates " +
      "are the certificates of authorities in /etc/ssl/certs and /etc/pki, fakeNss is a minimal " +
      "/etc/passwd, /etc/group and /etc/nsswitch.conf.",
  ),
  fakeNss: fakeNss.prefault({}).describe(
    "Further lines for the helper fakeNss; where they are given, so is the helper.",
  ),
  files: files.prefault([]).describe(
    "Files, directories and links of the root directory. They win over what contents, copyToRoot and " +
      "helpers have there; a directory that is there already gets owner and mode.",
  ),
  runAsRoot: script().nullable().prefault(null).transform((text) => text ?? "").describe(
    "A shell script that runs as root in a virtual machine, before the other scripts. Its / is what " +
      "the image will have, the base image included, with /dev, /proc, /sys and the store paths that " +
      "the spec names. Null: none.",
  ),
  diskSize: integer(MIN_DISK, MAX_DISK).nullable().default(null).describe(
    "The size of the disk of the virtual machine for runAsRoot, in MiB. Null: 1024, or more where " +
      "the base image and the contents call for it.",
  ),
  buildVMMemorySize: integer(MIN_MEMORY, MAX_MEMORY).default(512).describe(
    "The memory of the virtual machine for runAsRoot, in MiB.",
  ),
  extraCommands: script().default("").describe(
    "A shell script that runs without privileges in a copy of the image's root directory, which has " +
      "what contents or copyToRoot say, but no store paths. What it leaves there is in the image.",
  ),
  fakeRootCommands: script().default("").describe(
    "A shell script that runs after extraCommands in the same place, as root that fakeroot pretends: " +
      "files can be given to any owner.",
  ),
  enableFakechroot: boolean().default(false).describe(
    "Whether the image's root is / for fakeRootCommands.",
  ),
  shell: programPath.default(null).describe(
    "The shell that runs the scripts: a path (a relative one starts at the spec file) or a store " +
      "path, of which it is bin/bash or bin/sh.",
  ),
  path: searchPath.default(null).describe(
    "The directories in which the scripts find programs, their PATH. Relative ones start at the spec " +
      "file.",
  ),
  permissions: permissions.prefault([]).describe(
    "Owners, modes, extended attributes and capabilities of the files that match. Later rules win.",
  ),
  includeNixDB: boolean().default(false).describe(
    "Whether the image has a Nix database of the store paths in it, so that Nix works there.",
  ),
  config: configSchema.default({}).describe(
    "The config object of the OCI image config: Env, Cmd, Entrypoint and so on. Store paths that " +
      "it mentions become part of the image.",
  ),
  annotations: annotations.default({}).describe(
    "Annotations of the image's manifest, such as org.opencontainers.image.source. The formats of " +
      "OCI have them; a docker-archive has no place for them.",
  ),
  os: z.literal("linux", { error: '"linux" (images are for Linux)' }).default("linux").describe(
    "The operating system that the image is for: Linux always.",
  ),
  architecture: architecture.optional().describe(
    "The processor architecture that the image is for: an OCI name such as arm64 or a Nix system " +
      "name such as aarch64-linux. Default: the host's.",
  ),
  variant: architectureVariant.optional().describe(
    "The variant of the architecture, such as v7. Default: the one that a Nix system name for 32-bit " +
      "ARM implies (armv7l-linux: v7), else null: none.",
  ),
  created: time(-Infinity, "").prefault(DEFAULT_TIME).describe(
    'When the image says it was made: "now", an ISO 8601 date or time (UTC if it has no zone), or ' +
      `@SECONDS since 1970. ${NOW}`,
  ),
  mtime: time(0, ", not before 1970").prefault(DEFAULT_TIME).describe(
    `The modification time of the store paths' files, written as created; not before 1970. ${NOW}`,
  ),
  uid: id.default(0).describe(
    "The numeric owner of the store layers' files; in a single image, of all files but the store " +
      "paths', that no rule or script gives to another.",
  ),
  gid: id.default(0).describe("The numeric group of the same files as uid is for."),
  uname: ownerName().default("root").describe("The name of the store paths' files' owner."),
  gname: ownerName().default("root").describe("The name of the store paths' files' group."),
  maxLayers: integer(MIN_LAYERS, MOST_LAYERS, WHY_TWO_LAYERS).default(DEFAULT_LAYERS).describe(
    "Layered images: the most layers there may be, those of the base image and the one with the " +
      "contents' links included. Where it is not given, a layeringPipeline may make 125, and " +
      "--target lowers it.",
  ),
  includeStorePaths: boolean().default(true).describe(
    "Whether the image holds the store paths. Without them it runs only where the store is mounted.",
  ),
  absentStorePaths: distinct(storePath, "an array of store paths", "store path").default([])
    .describe(
      "Store paths that do not become part of the image where config or files mention them, such as " +
        "those that are to be made in the container.",
    ),
  store: stores.default([]).transform((given) => typeof given === "string" ? [given] : given)
    .describe(
      "Where store paths come from that this host's own store does not have: the URL of a binary cache " +
        "(https, http or file) or of another store that Nix knows (such as ssh-ng://HOST), or an array of " +
        "such, which are asked in this order.",
    ),
  layering: choice(LAYERING_STRATEGIES).default(LAYERING_STRATEGIES[0]).describe(
    "Layered images: how store paths are grouped into layers. updates is for few bytes per update " +
      "(docs/layering.md), auto is nixpkgs' present default, popularity its former.",
  ),
  layeringPipeline: layeringPipeline.default(null).describe(
    "Layered images: operations of nixpkgs' flattenReferencesGraph that make the layers in place of " +
      "layering, such as popularity_contest and limit_layers (docs/pipeline.md): an array of them, or " +
      "the path of a JSON file with one. Null: none.",
  ),
  groups: groups.prefault([]).describe(
    "Layered images: store paths that have a layer together. The others are grouped as layering says.",
  ),
  compressor: choice(COMPRESSORS).default(COMPRESSORS[0]).describe(
    "How a built archive is compressed: gz is gzip, none leaves it as it is.",
  ),
}, { error: "a JSON object" });
