/**
 * Container images from Nix store paths: planned, made, written, sent and read, without Docker,
 * without root and without evaluating nixpkgs.
 *
 * A spec says what an image holds ({@linkcode loadSpec}, {@linkcode checkSpec}), a plan which store
 * paths share a layer ({@linkcode planImage}); {@linkcode imageOf} makes the image, whose layers are
 * read only when something takes their bytes: a stream ({@linkcode dockerArchive}), a file
 * ({@linkcode writeDockerArchive}, {@linkcode writeOciArchive}, {@linkcode writeOciDirectory}), a
 * registry ({@linkcode pushImageTo}) or an engine on this host ({@linkcode askEngine}). Images that
 * are there already are opened by {@linkcode openImages}.
 *
 * All sizes are in bytes, all times in seconds since 1970, all digests `sha256:` and 64 hexadecimal
 * digits. Nothing here prints, exits, reads the environment or listens to signals. What is the fault
 * of the user, the input or the host is an {@linkcode ImageError}, whose message is fit to be shown.
 *
 * ```ts ignore
 * import {
 *   dockerArchive,
 *   imageOf,
 *   loadSpec,
 *   planImage,
 *   storeDatabase,
 * } from "@nix-image/nix-image";
 *
 * const { spec } = await loadSpec({ source: "spec.json" });
 * const plan = await planImage(spec, { source: storeDatabase() });
 * const { image, mtime } = await imageOf(plan, new Date());
 * const images = [{ image, repoTags: [plan.repoTag] }];
 * await dockerArchive(images, { mtime }).pipeTo(Deno.stdout.writable);
 * ```
 *
 * Without a Nix store, the same with a spec that is no file, a closure that is known and a directory
 * in the store's place:
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   checkSpec,
 *   closuresWithin,
 *   dockerArchive,
 *   imageOf,
 *   parseStorePath,
 *   planImage,
 * } from "@nix-image/nix-image";
 *
 * const hello = parseStorePath("/nix/store/00000000000000000000000000000000-hello-1.0");
 * const storeRoot = await Deno.makeTempDir();
 * await Deno.mkdir(`${storeRoot}${hello}/bin`, { recursive: true });
 * await Deno.writeTextFile(`${storeRoot}${hello}/bin/hello`, "#!/bin/sh\necho hello\n");
 *
 * const { spec } = await checkSpec({
 *   name: "hello",
 *   tag: "1.0",
 *   contents: [hello],
 *   config: { Cmd: ["/bin/hello"] },
 * });
 * const plan = await planImage(spec, {
 *   source: closuresWithin(new Map([[hello, { references: [], narSize: 500 }]])),
 *   storeRoot,
 * });
 * assert.deepEqual(plan.layers.map(({ paths }) => paths), [[hello]]);
 *
 * const { image, mtime } = await imageOf(plan, new Date());
 * const archive = await new Response(
 *   dockerArchive([{ image, repoTags: [plan.repoTag] }], { mtime }),
 * ).bytes();
 * assert.match(new TextDecoder().decode(archive), /"RepoTags": \[\s*"hello:1.0"/);
 * await Deno.remove(storeRoot, { recursive: true });
 * ```
 *
 * `docs/library.md` in the repository is a guide, with the permissions that each thing needs.
 *
 * @module
 */

// Errors

export { ImageError, UsageError } from "./src/errors.ts";

// Specs

export {
  checkSpec,
  type LoadedSpec,
  loadSpec,
  type SpecOptions,
  type SpecSource,
} from "./src/spec/load.ts";
export { specJsonSchema } from "./src/spec/json_schema.ts";
export type {
  BaseImageSource,
  Compressor,
  FakeNssLines,
  HelperName,
  ImageSpec,
  ImageType,
  InheritedField,
  JsonObject,
  JsonValue,
  LayerGroup,
  PermissionRule,
  RegistryImageSource,
  RootSource,
  SpecFile,
} from "./src/spec/image_spec.ts";

// Store paths and closures

export { parseStorePath, type StorePath } from "./src/store/store_path.ts";
export {
  type Closure,
  type ClosureSource,
  MissingPathsError,
  type PathInfo,
} from "./src/store/closure.ts";
export { storeDatabase } from "./src/store/nix_store.ts";
export { closuresWithin, graphIn, readGraphFile } from "./src/store/graph_file.ts";

// Which store paths share a layer

export type { LayerPlan, PreviousLayer } from "./src/layering/layer_plan.ts";
export { type LayeringOptions, planLayers } from "./src/layering/layering.ts";
export { LAYERING_STRATEGIES, type LayeringStrategy } from "./src/layering/strategies.ts";
export {
  type LayerTarget,
  type TargetLimits,
  TARGETS,
  type UpdateCost,
} from "./src/layering/targets.ts";
export type { Operation, PartName, SplitPath, Step } from "./src/layering/pipeline/step.ts";

// Plans of images

export { type LayeringWishes, planImage, type PlanOptions } from "./src/image/plan.ts";
export type { TopOptions } from "./src/image/plan_top.ts";
export type { MachineSettings } from "./src/vm/run_in_machine.ts";
export type {
  ImagePlan,
  PlannedBase,
  PlannedBaseLayer,
  PlannedFields,
  PlannedLayer,
  PlannedLinks,
  PlannedTop,
} from "./src/image/image_plan.ts";
export type { FinishedTop } from "./src/layer/finished_top.ts";

// Images and their layers

export { imageOf, type PlannedImage } from "./src/image/planned_image.ts";
export type { PathsElsewhere } from "./src/image/paths_elsewhere.ts";
export type { StoreFiles } from "./src/store/store_files.ts";
export type { NarPath, NarPaths } from "./src/store/nar_path.ts";
export type { TreeEntry } from "./src/store/tree.ts";
export type { ConfigBlob, Image, NamedImage, OriginalDocuments } from "./src/image/image.ts";
export type { ImagePlatform } from "./src/image/image_platform.ts";
export { computeDiffId, type Layer, type StoredBlob } from "./src/layer/layer.ts";
export { type Ownership, StoreLayer } from "./src/layer/store_layer.ts";
export { type Attributes, PermissionRules } from "./src/layer/permissions.ts";
export type { FileType, MemberType, TarFormat } from "./src/tar/tar_header.ts";

// Images that are there already

export { openImages, type OpenImagesOptions } from "./src/base/open_images.ts";
export { chooseImage, type ImageChoice } from "./src/base/choose_image.ts";
export { type BaseImage, type BaseImageOptions, openBaseImage } from "./src/base/base_image.ts";
export type {
  OpenedImages,
  Platform,
  StoredFormat,
  StoredImage,
  StoredLayer,
} from "./src/base/stored_image.ts";
export {
  type LayerListing,
  type ListedEntry,
  type ListedStorePath,
  listLayer,
} from "./src/base/layer_listing.ts";
export {
  type BlobDescription,
  describeImage,
  type ImageDescription,
  type LayerDescription,
  type StorePathDescription,
} from "./src/image/description.ts";
export { describePlan } from "./src/image/planned_description.ts";
export { checkImages, type CheckReport } from "./src/base/check.ts";
export type { CheckedImage, CheckedLayer } from "./src/base/check_images.ts";
export type { Finding } from "./src/base/check_findings.ts";
export { mergeImages } from "./src/image/merged_images.ts";
export type { ImageSet, SetKind } from "./src/image/image_set.ts";
export { type ImageIndex, imagesByPlatform, type IndexMember } from "./src/image/image_index.ts";

// Writing images

export {
  dockerArchive,
  type DockerArchiveOptions,
  type LayerNames,
  type LayerStart,
} from "./src/sinks/docker_archive.ts";
export {
  type DockerArchiveFileOptions,
  writeDockerArchive,
  type WrittenArchive,
} from "./src/sinks/docker_archive_file.ts";
export { compress } from "./src/sinks/compress.ts";
export {
  type LayoutImage,
  type NamedIndex,
  type OciArchiveOptions,
  type OciOptions,
  writeIndexArchive,
  writeIndexDirectory,
  writeOciArchive,
  writeOciDirectory,
  type WrittenIndex,
  type WrittenLayout,
} from "./src/sinks/oci_layout.ts";
export type { WrittenImage } from "./src/sinks/image_documents.ts";
export type { LayerBlob, LayerCompression } from "./src/sinks/layer_bytes.ts";
export type { WrittenLayer } from "./src/sinks/layer_blobs.ts";
export type { Descriptor } from "./src/image/oci_documents.ts";
export { type ExportedRoot, exportRoot } from "./src/sinks/exported_root.ts";
export type { MergeOptions } from "./src/base/merged_root.ts";
export type { RootArchiveOptions } from "./src/sinks/root_archive.ts";

// Registries

export { pushImageTo, pushIndexTo, type PushToOptions } from "./src/sinks/push.ts";
export type { PushedImage, PushedIndex } from "./src/sinks/registry.ts";
export type {
  BlobOutcome,
  PushedBlobs,
  PushedLayer,
  PushOptions,
} from "./src/sinks/registry_push.ts";
export type { RegistrySettings } from "./src/registry/transport.ts";
export type { ProxySettings } from "./src/http/proxy.ts";
export type { Credentials, CredentialSource } from "./src/registry/credentials.ts";
export { type AuthPlaces, credentialsFromFiles } from "./src/registry/auth_file.ts";
export { type FailureFacts, HttpError } from "./src/http/http_error.ts";

// Local engines, and what they have already

export {
  type ArchiveForm,
  askEngine,
  type Engine,
  type EngineName,
  LayersMissingError,
} from "./src/sinks/engine.ts";
export type { DiffIds, HeldLayers } from "./src/sinks/held_layers.ts";
export { ociStream, type OciStreamOptions } from "./src/sinks/oci_stream.ts";
export { readDigest } from "./src/layer/read_digest.ts";
export {
  DigestCache,
  KeptDigestError,
  type LayerDigest,
  type LayerForm,
} from "./src/layer/digest_cache.ts";
