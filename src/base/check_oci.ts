/**
 * Checking OCI layouts.
 * @module
 */

import { quoted } from "../visible.ts";
import { BlobChecker } from "./check_blobs.ts";
import { checkDiffIds, type PlacedLayer, platformOf } from "./check_config.ts";
import { checkDocument, INDEX, MANIFEST, OCI_LAYOUT, placeIn } from "./check_documents.ts";
import { type CheckedImage, checkedLayer, type ImageChecker, MOST_IMAGES } from "./check_images.ts";
import { platformText } from "./choose_image.ts";
import type { Descriptor } from "./documents.ts";
import type { ImageFile } from "./image_files.ts";
import { wrongLayerType } from "./layer_types.ts";
import {
  CONFIG_TYPES,
  INDEX_TYPES,
  isAttestation,
  MANIFEST_TYPES,
  MAX_NESTED,
  namesOf,
} from "./oci_images.ts";
import type { Platform } from "./stored_image.ts";

/** Checks all that `index`, the file index.json, leads to, and the blobs that nothing leads to. */
export async function checkOciLayout(checker: ImageChecker, index: ImageFile): Promise<void> {
  const { files, findings } = checker;
  const layout = checker.needed("oci-layout", index.name);
  if (layout) await checkDocument(files, layout, OCI_LAYOUT, findings);
  await new Walk(checker).all(index);
}

class Walk {
  readonly #checker: ImageChecker;
  readonly #blobs: BlobChecker;
  /** What was found in blobs that are documents, by file. */
  readonly #seen = new Map<string, CheckedImage | undefined>();
  /** Manifests that an index below index.json leads to, and that are not there. */
  readonly #absent: string[] = [];
  #count = 0;

  constructor(checker: ImageChecker) {
    this.#checker = checker;
    this.#blobs = new BlobChecker(checker);
  }

  /** Checks index.json, and all that is there. */
  async all(index: ImageFile): Promise<void> {
    await this.#index(index, undefined, [], 0);
    this.#tellOfAbsentImages(index);
    await this.#blobs.readOthers();
  }

  /** Checks an index and what it leads to. */
  async #index(
    file: ImageFile,
    descriptor: Descriptor | undefined,
    names: readonly string[],
    level: number,
  ): Promise<void> {
    const { files, findings } = this.#checker;
    const document = await checkDocument(files, file, INDEX, findings);
    if (document === undefined) return;
    this.#checkSelf(document, descriptor);
    for (const [position, entry] of (document.value?.manifests ?? []).entries()) {
      if (!entry) continue;
      if (++this.#count > MOST_IMAGES) {
        if (this.#count === MOST_IMAGES + 1) {
          findings.problem(file.name, `leads to more than ${MOST_IMAGES} manifests`);
        }
        return;
      }
      await this.#entry(entry, placeIn(file, "manifests", position), names, level);
    }
  }

  async #entry(
    entry: Descriptor,
    where: string,
    above: readonly string[],
    level: number,
  ): Promise<void> {
    const { findings } = this.#checker;
    const { mediaType, annotations } = entry;
    const refName = annotations?.["org.opencontainers.image.ref.name"];
    if (refName !== undefined && !REF_NAME.test(refName)) {
      findings.problem(where, `has a ref.name of another form than OCI's: ${quoted(refName)}`);
    }
    // Copies of one platform may have the index of all.
    const onAbsent = level === 0 ? undefined : () => this.#absent.push(where);
    const file = this.#blobs.find(entry, where, onAbsent);
    if (file === undefined) return;
    const names = [...above, ...namesOf(entry)];
    if (INDEX_TYPES.has(mediaType)) {
      if (level === MAX_NESTED) {
        findings.problem(where, `is an index within more than ${MAX_NESTED} others`);
      } else if (!this.#seen.has(file.name)) {
        this.#seen.set(file.name, undefined);
        await this.#index(file, entry, names, level + 1);
      }
    } else if (MANIFEST_TYPES.has(mediaType)) {
      const image = await this.#manifest(file, entry);
      if (image) this.#name(image, entry, names, where);
    } else await this.#blobs.read(file, entry.digest);
  }

  /** The names and the platform that an index gives to an image. */
  #name(
    image: CheckedImage,
    { digest, platform }: Descriptor,
    names: readonly string[],
    where: string,
  ): void {
    const { findings } = this.#checker;
    if (platform && image.platform && !isSame(platform, image.platform)) {
      const own = platformText(image.platform);
      const found = platformText({ ...platform, variant: platform.variant ?? null });
      findings.problem(`${where}.platform`, `is ${found}, and the image is for ${own}`);
    }
    for (const name of names) this.#checker.claim(name, image.platform, digest, where);
    image.names.push(...names.filter((name) => !image.names.includes(name)));
  }

  async #manifest(file: ImageFile, descriptor: Descriptor): Promise<CheckedImage | undefined> {
    if (this.#seen.has(file.name)) return this.#seen.get(file.name);
    this.#seen.set(file.name, undefined);
    const { files, findings } = this.#checker;
    const document = await checkDocument(files, file, MANIFEST, findings);
    if (document === undefined) return undefined;
    this.#checkSelf(document, descriptor);
    const { config: configBlob, layers: blobs } = document.value ?? {};
    const isImage = !isAttestation(descriptor) && configBlob &&
      CONFIG_TYPES.has(configBlob.mediaType);
    const configFile = configBlob && this.#blobs.find(configBlob, placeIn(file, "config"));
    const config = isImage && configFile ? await this.#checker.config(configFile) : undefined;
    if (config && configBlob) this.#blobs.compare(config.file, config.digest, configBlob.digest);
    else if (configFile && !isImage) await this.#blobs.read(configFile, configBlob.digest);

    const layers: (PlacedLayer | undefined)[] = [];
    for (const [index, blob] of (blobs ?? []).entries()) {
      const where = placeIn(file, "layers", index);
      const found = blob && this.#blobs.find(blob, where);
      if (blob && found && isImage) layers.push(await this.#layer(found, blob, where));
      else {
        if (blob && found) await this.#blobs.read(found, blob.digest);
        layers.push(undefined);
      }
    }
    if (!isImage) return undefined;
    if (config && blobs) checkDiffIds(config, layers, placeIn(file, "layers"), findings);
    const image: CheckedImage = {
      names: [],
      platform: platformOf(config),
      configDigest: config?.digest ?? null,
      manifestDigest: document.digest,
      layers: layers.flatMap((layer) => layer ? [checkedLayer(layer.file, layer.facts)] : []),
    };
    this.#seen.set(file.name, image);
    this.#checker.images.push(image);
    return image;
  }

  async #layer(
    file: ImageFile,
    { digest, mediaType }: Descriptor,
    where: string,
  ): Promise<PlacedLayer> {
    const facts = await this.#checker.layers.check(file);
    if (facts.digest !== undefined) {
      this.#blobs.compare(file, facts.digest, digest);
      const wrong = wrongLayerType(mediaType, facts.compression);
      if (wrong) {
        this.#checker.findings.problem(`${where}.mediaType`, `${quoted(mediaType)} ${wrong}`);
      }
    }
    return { file, facts };
  }

  /** What a document says of itself. */
  #checkSelf(
    { file, digest, value }: { file: ImageFile; digest: string; value: object | undefined },
    descriptor: Descriptor | undefined,
  ): void {
    if (descriptor) this.#blobs.compare(file, digest, descriptor.digest);
    const expected = descriptor?.mediaType ?? "application/vnd.oci.image.index.v1+json";
    const found = value && "mediaType" in value ? value.mediaType : undefined;
    if (found === undefined || found === expected) return;
    const what = `is ${quoted(String(found))}, and should be ${expected}`;
    this.#checker.findings.problem(placeIn(file, "mediaType"), what);
  }

  /** An index of several platforms has one of them at least. */
  #tellOfAbsentImages({ name }: ImageFile): void {
    const { images, findings } = this.#checker;
    const [first] = this.#absent;
    if (first === undefined) return;
    if (images.length === 0) {
      findings.problem(name, `leads to no image that is there; ${first} is not`);
    } else {findings.remark(
        first,
        "names a manifest that is not there, as copies of one platform do",
      );}
  }
}

const COMPONENT = "[A-Za-z0-9]+(?:(?:[-._:@+]|--|__)[A-Za-z0-9]+)*";

/** What `org.opencontainers.image.ref.name` may be (OCI image spec, annotations), and Docker's `__`. */
const REF_NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);

/** An index may leave the variant out, or know it better than the config. */
function isSame(index: Descriptor["platform"] & object, { os, architecture, variant }: Platform) {
  return index.os === os && index.architecture === architecture &&
    (!index.variant || !variant || index.variant === variant);
}
