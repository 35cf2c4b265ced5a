/**
 * The base image that a spec names, wherever it is.
 * @module
 */

import { join } from "node:path";
import { placeInStore } from "../store/store_links.ts";
import { enclosingStorePath } from "../store/store_path.ts";
import type { BaseImage, BaseImageOptions } from "../base/base_image.ts";
import { platformText } from "../base/choose_image.ts";
import type { Platform } from "../base/stored_image.ts";
import type { KeptImage } from "../registry/image_store.ts";
import type { ImageSpec, RegistryImageSource } from "../spec/image_spec.ts";
import { baseDirectory } from "../spec/sources.ts";
import { formatCount } from "../terminal/format.ts";
import { cacheDirectory, trustedCacheDirectory } from "./cache_directory.ts";
import type { StoresInUse } from "./stores.ts";

/** What opening the base image needs besides the spec. */
export interface BaseOptions {
  /** The directory that holds `nix/store`: "" for the host's own. */
  readonly storeRoot: string;
  /** The spec's file, or `-`: a lock file is looked for beside it. */
  readonly specFile: string;
  readonly report: BaseReport;
  /** Where an image in the store may be that is not on the disk. */
  readonly elsewhere?: Pick<StoresInUse, "stores" | "files"> | undefined;
}

/** Where goes what there is to say. */
interface BaseReport {
  /** A sentence for the user. */
  readonly warn: (message: string) => void;
  /** What is being done. */
  readonly output?: (text: string) => void;
  /** The same in detail. */
  readonly detail?: (message: string) => void;
}

/**
 * Opens the base image of a spec, from a registry too; undefined if it has none.
 *
 * @throws {ImageError} if it can not be had.
 */
export async function openBase(
  { fromImage, os, architecture, variant }: ImageSpec,
  { storeRoot, specFile, report, elsewhere }: BaseOptions,
): Promise<BaseImage | undefined> {
  if (fromImage === null) return undefined;
  const options = {
    storeRoot,
    place: elsewhere && "inStore" in fromImage && fromImage.inStore
      ? await fetched(fromImage.path, elsewhere)
      : undefined,
    platform: { os, architecture, variant },
    listingCache: trustedCacheDirectory("layers"),
  };
  const { openBaseImage } = await import("../base/base_image.ts");
  const base = "registry" in fromImage
    ? await openPulled(fromImage, specFile, options, report)
    : await openBaseImage(fromImage, options);
  const { configDigest, layers } = base.image;
  report.detail?.(`base image: ${configDigest}, ${formatCount(layers.length, "layer")}`);
  return base;
}

/** Where on the disk an image is when it was fetched. */
async function fetched(
  path: string,
  { stores, files }: Pick<StoresInUse, "stores" | "files">,
): Promise<string> {
  const storePath = enclosingStorePath(path);
  if (storePath !== undefined) await stores.need([storePath]);
  return await placeInStore(path, files);
}

async function openPulled(
  source: RegistryImageSource,
  specFile: string,
  options: BaseImageOptions,
  report: BaseReport,
): Promise<BaseImage> {
  const { openBaseImage, parsePlatform } = await import("../base/base_image.ts");
  const { ImageStore } = await import("../registry/image_store.ts");
  const { skopeoFor } = await import("./skopeo_options.ts");
  const platform = source.platform === null ? options.platform : parsePlatform(source.platform);
  const reference = await pinned(source, platform, specFile, report);
  await using work = new AsyncDisposableStack();
  let isKept = true;
  const kept = await new ImageStore({ directory: cacheDirectory("images") })
    .get(reference, platform, async () => {
      isKept = false;
      report.output?.(`Pulling ${source.registry}\n`);
      return work.use(await skopeoFor(reference.host, source)).skopeo;
    });
  report.detail?.(
    `base image: ${source.registry} ${isKept ? "is kept from an earlier run" : "was asked for"}, ` +
      `in ${kept.path}`,
  );
  try {
    const place = { path: kept.path, inStore: false, name: null, tag: null, platform: null };
    const base = await openBaseImage(place, {
      ...options,
      onDamage: () => tellDamage(kept, source.registry, report.warn),
    });
    return {
      ...base,
      async [Symbol.asyncDispose]() {
        await base[Symbol.asyncDispose]();
        kept[Symbol.dispose]();
      },
    };
  } catch (error) {
    kept[Symbol.dispose]();
    throw error;
  }
}

/** Tells that a kept image is forgotten, if it is a damaged one. */
export function tellDamage(kept: KeptImage, name: string, warn: (message: string) => void): void {
  if (!kept.forgetIfDamaged()) return;
  warn(`${name}: the image that was kept is damaged, and forgotten now; run the command again`);
}

/** The reference, with the digest that the lock file beside the spec has for its tag. */
async function pinned(
  { registry }: RegistryImageSource,
  platform: Platform,
  specFile: string,
  report: BaseReport,
) {
  const { parseReference } = await import("../registry/reference.ts");
  const reference = parseReference(registry);
  if (reference.digest !== undefined) return reference;
  const { LOCK_FILE, lockedImage } = await import("../registry/lock_file.ts");
  const file = join(baseDirectory(specFile === "-" ? undefined : specFile), LOCK_FILE);
  const locked = await lockedImage(file, { reference, platform });
  if (locked) return { ...reference, digest: locked.manifestDigest };
  report.warn(
    `fromImage.registry: ${registry} may stand for another image next time: give its digest ` +
      `(@sha256:…), or lock it for ${platformText(platform)} with prefetch --lock ${file}`,
  );
  return reference;
}
