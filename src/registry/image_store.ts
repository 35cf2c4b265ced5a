/**
 * Images out of registries, kept on this host by their digests: each one an OCI image layout of its
 * own. All that is in there has been verified.
 *
 * Whoever reads an image has a lock on it, as has whoever puts it there: programs that want the same
 * one at the same time get it once, and none loses what it reads.
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { blobName } from "../base/oci_images.ts";
import { openImages } from "../base/open_images.ts";
import type { Platform } from "../base/stored_image.ts";
import { randomPart, waitForLock } from "../disk/claim.ts";
import { ImageError } from "../errors.ts";
import { sha256Of } from "../image/image.ts";
import { lockOf, pruneImages } from "./prune.ts";
import type { RegistryReference } from "./reference.ts";
import { chooseManifest, manifestsOf, type RegistryDocument, resolveImage } from "./resolve.ts";
import type { Skopeo } from "./skopeo.ts";
import { writeLayout } from "./stored_layout.ts";

/** An image that is there until it is disposed of. */
export interface KeptImage extends Disposable {
  /** The directory of its layout, in which there is no other image. */
  readonly path: string;
  /** Reads all of it after something was wrong with it; if it is damaged, it is forgotten. */
  forgetIfDamaged(): boolean;
}

/** Options of {@linkcode ImageStore}. */
export interface ImageStoreOptions {
  /** Where it is; it need not be there yet. */
  readonly directory: string;
  /** How many bytes may be kept when an image is put there: those unused for longest go first. */
  readonly most?: number;
}

/** More than most people's base images have together. */
const MOST = 10_000_000_000;

/** The images that are kept. */
export class ImageStore {
  readonly #directory: string;
  readonly #most: number;

  /** Starts with what is there. */
  constructor({ directory, most = MOST }: ImageStoreOptions) {
    this.#directory = directory;
    this.#most = most;
  }

  /**
   * The image for a platform, kept or pulled now. One that is named by a digest and kept needs no
   * registry.
   *
   * @param skopeo readies it, when it is needed
   * @throws {ImageError} if it is not to be had, or can not be kept.
   */
  async get(
    reference: RegistryReference,
    platform: Platform,
    skopeo: () => Promise<Skopeo>,
  ): Promise<KeptImage> {
    try {
      Deno.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const digest = this.#manifestDigest(reference, platform);
      const kept = digest === undefined ? undefined : await this.#use(digest);
      return kept ?? await this.#pull({ ...reference, digest }, platform, await skopeo());
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    // The file system's errors have a code, but for those of places that Deno gives no program.
    const refused = error instanceof Deno.errors.NotCapable;
    const ofSystem = error instanceof Error && "code" in error;
    if (error instanceof ImageError || !refused && !ofSystem) return error;
    return new ImageError(
      `Cannot keep images in ${this.#directory} (set XDG_CACHE_HOME for another place): ` +
        (refused ? "this program may not write there" : (error as Error).message),
      { cause: error },
    );
  }

  async #pull(
    reference: RegistryReference,
    platform: Platform,
    skopeo: Skopeo,
  ): Promise<KeptImage> {
    const image = await resolveImage(reference, platform, skopeo);
    const { manifest: { digest }, index } = image;
    const path = this.#path(digest);
    for (;;) {
      const kept = await this.#use(digest, index);
      if (kept !== undefined) return kept;
      const lock = lockOf(path);
      using _alone = await waitForLock(lock, "alone");
      // Another program may have been faster.
      if (await isWhole(path, digest)) continue;
      try {
        if (existsSync(path)) Deno.removeSync(path, { recursive: true });
        await writeLayout(path, reference, image, skopeo);
      } catch (error) {
        Deno.removeSync(lock);
        throw error;
      }
      pruneImages(this.#directory, this.#most, path);
    }
  }

  /** A kept image; undefined if it is not there, or damaged. */
  async #use(digest: string, index?: RegistryDocument): Promise<KeptImage | undefined> {
    const path = this.#path(digest);
    if (!existsSync(path)) return undefined;
    const lock = await waitForLock(lockOf(path), "shared");
    try {
      if (await isWhole(path, digest)) {
        if (index !== undefined) keepIndex(path, index);
        setUsed(path);
        return {
          path,
          forgetIfDamaged: () => {
            if (blobsAreWhole(path)) return false;
            try {
              // Whoever reads it goes on; it is replaced when nobody does any more.
              Deno.removeSync(join(path, "index.json"));
              return true;
            } catch {
              // Forgotten already, or on a file system that has become read-only.
              return false;
            }
          },
          [Symbol.dispose]: () => lock[Symbol.dispose](),
        };
      }
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    lock[Symbol.dispose]();
    return undefined;
  }

  /** The digest of the manifest, as far as the reference and what is kept say it. */
  #manifestDigest(reference: RegistryReference, platform: Platform): string | undefined {
    const { digest } = reference;
    if (digest === undefined || existsSync(this.#path(digest))) return digest;
    const index = this.#index(digest);
    const manifests = index && manifestsOf(index, reference);
    return manifests && chooseManifest(manifests, platform)?.digest || digest;
  }

  /** An index that led to a kept image. */
  #index(digest: string): RegistryDocument | undefined {
    for (const { name } of Deno.readDirSync(this.#directory)) {
      try {
        const bytes = Deno.readFileSync(join(this.#directory, name, blobName(digest)));
        if (sha256Of(bytes) === digest) return { digest, bytes };
      } catch {
        // It led to another one, or there is none any more.
      }
    }
    return undefined;
  }

  #path(digest: string): string {
    return join(this.#directory, digest.slice(digest.indexOf(":") + 1));
  }
}

/** Whether there is a layout of this image alone, whose documents have not changed. */
async function isWhole(path: string, digest: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  try {
    await using opened = await openImages(path);
    return opened.images.length === 1 && opened.images[0]?.manifestDigest === digest;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

/** For {@linkcode pruneImages}; on a read-only file system nothing is pruned. */
function setUsed(path: string): void {
  const now = new Date();
  try {
    Deno.utimeSync(path, now, now);
  } catch (error) {
    if ((error as { code?: string }).code !== "EROFS") throw error;
  }
}

function blobsAreWhole(layout: string): boolean {
  const blobs = join(layout, "blobs/sha256");
  try {
    return [...Deno.readDirSync(blobs)].filter(({ name }) => /^[0-9a-f]{64}$/.test(name))
      .every(({ name }) => sha256OfFile(join(blobs, name)) === name);
  } catch {
    return false;
  }
}

function sha256OfFile(path: string): string {
  using file = Deno.openSync(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1 << 20);
  for (;;) {
    const length = file.readSync(buffer);
    if (length === null) return hash.digest("hex");
    hash.update(buffer.subarray(0, length));
  }
}

/** Puts an index into the layout of an image to which it led. */
function keepIndex(layout: string, { digest, bytes }: RegistryDocument): void {
  const path = join(layout, blobName(digest));
  if (existsSync(path)) return;
  const temporary = `${path}.${randomPart()}`;
  try {
    Deno.writeFileSync(temporary, bytes, { createNew: true, mode: 0o644 });
    Deno.renameSync(temporary, path);
  } catch (error) {
    if (existsSync(temporary)) Deno.removeSync(temporary);
    throw error;
  }
}
