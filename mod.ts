/**
 * Container images from Nix store paths.
 *
 * A spec says what an image holds ({@linkcode loadSpec}), a plan which store paths share a layer
 * ({@linkcode planImage}); {@linkcode imageOf} makes the image, whose layers are read only when
 * {@linkcode dockerArchive} streams them, or {@linkcode writeOciArchive} or
 * {@linkcode writeOciDirectory} writes them as an OCI image layout. All sizes are in bytes, all
 * times in seconds since 1970.
 *
 * ```ts ignore
 * import { dockerArchive, imageOf, loadSpec, planImage, storeDatabase } from "./mod.ts";
 *
 * const readStdin = () => new Response(Deno.stdin.readable).bytes();
 * const { spec } = await loadSpec({ source: "spec.json", readStdin });
 * const plan = await planImage(spec, { source: storeDatabase("") });
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
 *   closuresWithin,
 *   dockerArchive,
 *   imageOf,
 *   loadSpec,
 *   parseStorePath,
 *   planImage,
 * } from "./mod.ts";
 *
 * const hello = parseStorePath("/nix/store/00000000000000000000000000000000-hello-1.0");
 * const storeRoot = await Deno.makeTempDir();
 * await Deno.mkdir(`${storeRoot}${hello}/bin`, { recursive: true });
 * await Deno.writeTextFile(`${storeRoot}${hello}/bin/hello`, "#!/bin/sh\necho hello\n");
 *
 * const text = JSON.stringify({
 *   name: "hello",
 *   tag: "1.0",
 *   contents: [hello],
 *   config: { Cmd: ["/bin/hello"] },
 * });
 * const { spec } = await loadSpec({
 *   source: "-",
 *   readStdin: () => Promise.resolve(new TextEncoder().encode(text)),
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
 * @module
 */

export { ImageError, UsageError } from "./src/errors.ts";
export { type LoadedSpec, loadSpec, type SpecSource } from "./src/spec/load.ts";
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
export { parseStorePath, type StorePath } from "./src/store/store_path.ts";
export {
  type Closure,
  type ClosureSource,
  MissingPathsError,
  type PathInfo,
} from "./src/store/closure.ts";
export { storeDatabase } from "./src/store/nix_store.ts";
export { closuresWithin, readGraphFile } from "./src/store/graph_file.ts";
export type { LayerPlan, PreviousLayer } from "./src/layering/layer_plan.ts";
export { type LayeringOptions, planLayers } from "./src/layering/layering.ts";
export type { LayeringStrategy } from "./src/layering/strategies.ts";
export type { LayerTarget } from "./src/layering/targets.ts";
export type { Operation, PartName, SplitPath, Step } from "./src/layering/pipeline/step.ts";
export { computeDiffId, type Layer, type StoredBlob } from "./src/layer/layer.ts";
export type { FileType, MemberType, TarFormat } from "./src/tar/tar_header.ts";
export { type Attributes, PermissionRules } from "./src/layer/permissions.ts";
export { type Ownership, StoreLayer } from "./src/layer/store_layer.ts";
export type { ConfigBlob, Image, NamedImage, OriginalDocuments } from "./src/image/image.ts";
export type { ImagePlatform } from "./src/image/image_platform.ts";
export type {
  ImagePlan,
  PlannedBase,
  PlannedBaseLayer,
  PlannedFields,
  PlannedLayer,
  PlannedLinks,
  PlannedTop,
} from "./src/image/image_plan.ts";
export { type LayeringWishes, planImage, type PlanOptions } from "./src/image/plan.ts";
export type { TopOptions } from "./src/image/plan_top.ts";
export { imageOf, type PlannedImage } from "./src/image/planned_image.ts";
export type { FinishedTop } from "./src/layer/finished_top.ts";
export {
  dockerArchive,
  type DockerArchiveOptions,
  type LayerNames,
  type LayerStart,
} from "./src/sinks/docker_archive.ts";
export {
  type LayoutImage,
  type OciArchiveOptions,
  type OciOptions,
  writeOciArchive,
  writeOciDirectory,
  type WrittenLayout,
} from "./src/sinks/oci_layout.ts";
export type { WrittenImage } from "./src/sinks/image_documents.ts";
export type { WrittenLayer } from "./src/sinks/layer_blobs.ts";
export type { Descriptor } from "./src/image/oci_documents.ts";
export type { LayerBlob, LayerCompression } from "./src/sinks/layer_bytes.ts";
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
export type { LayerListing, ListedEntry, ListedStorePath } from "./src/base/layer_listing.ts";
export type { MachineSettings } from "./src/vm/run_in_machine.ts";
