/**
 * The JSON documents of an OCI image layout: manifests and their index.
 * @module
 */

import { compareCodePoints } from "../tar/name.ts";
import { qualifiedName, referenceParts } from "./image_reference.ts";
import type { Image } from "./image.ts";
import { platformJson } from "./image_platform.ts";
import { formatJson, type OrderedJson } from "./json.ts";
import { MEDIA_TYPE } from "./media_types.ts";

/** Tells of a blob (OCI image spec, descriptor). */
export interface Descriptor {
  /** Such as `application/vnd.oci.image.layer.v1.tar+gzip`. */
  readonly mediaType: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** What each OCI image layout says in its file `oci-layout`. */
export const OCI_LAYOUT_JSON: string = formatJson({ imageLayoutVersion: "1.0.0" });

/** Labels that tell of the image itself have the names of annotations. */
const ANNOTATIONS_IN_LABELS = "org.opencontainers.image.";

/**
 * The manifest of an image (OCI image spec, manifest). Its annotations are the image's own, and of
 * its labels those that are named as annotations are.
 *
 * @param layers lowest first
 */
export function manifestJson(
  image: Image,
  config: Descriptor,
  layers: readonly Descriptor[],
): string {
  const annotations = { ...annotationsInLabels(image), ...image.annotations };
  const sorted = Object.entries(annotations).sort(([a], [b]) => compareCodePoints(a, b));
  return formatJson(
    new Map<string, OrderedJson>([
      ["schemaVersion", 2],
      ["mediaType", MEDIA_TYPE.manifest],
      ["config", descriptorJson(config)],
      ["layers", layers.map((layer) => descriptorJson(layer))],
      ...sorted.length === 0 ? [] : [["annotations", new Map(sorted)] as const],
    ]),
  );
}

function annotationsInLabels({ config: { Labels } }: Image): Record<string, string> {
  if (typeof Labels !== "object" || Labels === null) return {};
  const found = Object.entries(Labels).filter((entry): entry is [string, string] =>
    entry[0].startsWith(ANNOTATIONS_IN_LABELS) && typeof entry[1] === "string"
  );
  return Object.fromEntries(found);
}

/** An image whose manifest is in a layout, or an index of several. */
export interface IndexedImage {
  /** Undefined for an index. */
  readonly image?: Image;
  /** Such as `hello:1.0`; none for an image that nobody named. */
  readonly repoTags: readonly string[];
  /** See {@linkcode NamedImage.refNames}. */
  readonly refNames?: readonly string[] | undefined;
  readonly manifest: Descriptor;
}

/**
 * The index of a layout (OCI image spec, image layout, `index.json`), with a descriptor for each
 * name of each image, and one for an image without a name.
 *
 * `org.opencontainers.image.ref.name` is the tag, by which skopeo and umoci find an image; if the
 * same tag is in several names, it is the whole name for all. BuildKit's
 * `io.containerd.image.name` is the whole name with its registry, which podman and containerd take
 * over.
 */
export function indexJson(images: readonly IndexedImage[]): string {
  const byTag = tagsAreNames(images);
  const manifests = images.flatMap(({ image, repoTags, refNames = [], manifest }) => {
    const annotated = [
      ...repoTags.map((name) => ({
        "io.containerd.image.name": qualifiedName(name),
        [REF_NAME]: byTag ? referenceParts(name).tag : name,
      })),
      ...refNames.map((name) => ({ [REF_NAME]: name })),
    ];
    const known = image && { platform: platformJson(image.platform ?? image) };
    if (annotated.length === 0) return [descriptorJson(manifest, known)];
    return annotated.map((annotations) => descriptorJson(manifest, { ...known, annotations }));
  });
  return formatJson(
    new Map<string, OrderedJson>([
      ["schemaVersion", 2],
      ["mediaType", MEDIA_TYPE.index],
      ["manifests", manifests],
    ]),
  );
}

const REF_NAME = "org.opencontainers.image.ref.name";

/** Whether each tag stands for one name; images for several platforms may have the same. */
function tagsAreNames(images: readonly IndexedImage[]): boolean {
  const names = new Set(images.flatMap(({ repoTags }) => repoTags));
  const refNames = new Set(images.flatMap((image) => image.refNames ?? []));
  const tags = new Set(Array.from(names, (name) => referenceParts(name).tag));
  return tags.size === names.size && tags.isDisjointFrom(refNames);
}

/** A descriptor, with what it says besides. */
export function descriptorJson(
  { mediaType, digest, size }: Descriptor,
  more: Readonly<Record<string, OrderedJson>> = {},
): OrderedJson {
  return new Map<string, OrderedJson>(Object.entries({ mediaType, digest, size, ...more }));
}
