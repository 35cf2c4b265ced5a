/**
 * `nix-image push SPEC|IMAGE docker://HOST/NAME:TAG`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { UsageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import type { CacheRepository } from "../registry/cache_repository.ts";
import { RegistryClient } from "../registry/client.ts";
import { formatReference, type RegistryReference } from "../registry/reference.ts";
import type { LayerCompression } from "../sinks/layer_bytes.ts";
import { type PushedImage, pushImage } from "../sinks/registry.ts";
import type { BlobProgress } from "../terminal/blob_progress.ts";
import { formatCount } from "../terminal/format.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";
import { type CacheOptions, cacheSettings, openCache } from "./cache_options.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";
import { clientOptions } from "./client_options.ts";
import {
  blobsLine,
  cacheLine,
  observing,
  pushProgress,
  pushReference,
  repositoryOf,
} from "./pushing.ts";
import type { RegistryOptions } from "./registry_options.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options of {@linkcode pushCommand}. */
export interface PushOptions extends CacheOptions, ChoiceOptions, PlanningOptions, RegistryOptions {
  readonly layerCompression?: LayerCompression;
  readonly mountFrom?: readonly string[];
  readonly quiet?: boolean;
}

/** Sends an image to a registry; prints the digest of its manifest. */
export async function pushCommand(
  path: string,
  destination: string,
  options: PushOptions,
): Promise<void> {
  const reference = pushReference(destination);
  const { closure, previous, history = [] } = options;
  if (options.passwordStdin && [path, closure, previous, ...history].includes("-")) {
    throw new UsageError("-: standard input is for the password, with --password-stdin");
  }
  const report = reportTo(options.quiet);
  const mountFrom = (options.mountFrom ?? []).map((name) => repositoryOf(name, reference));
  const shared = cacheSettings(options, reference);
  const progress = pushProgress(options);
  const warn = (message: string) => {
    progress.clear();
    report.warn(message);
  };
  const settings = await clientOptions(options, warn);
  const send = async (image: Image) => {
    using client = new RegistryClient(reference.host, reference.repository, {
      ...settings,
      push: true,
      mountFrom,
    });
    using cache = shared && await openCache(shared, reference, options, settings, warn);
    await pushWithProgress(image, client, reference, progress, {
      ...options,
      mountFrom,
      cache: cache?.repository,
    });
  };
  if (await isSpec(path)) {
    refuseOtherOptions("spec", options);
    // An earlier version is likely to be where this one goes.
    const registryOptions = (host: string) => host === reference.host ? settings : undefined;
    await using planned = await planFromFile(path, { ...options, registryOptions }, report);
    const { image, ...noticed } = await imageOf(planned.plan, new Date(), planned.base);
    reportNotices(noticed, options.strict, report);
    return await send(image);
  }
  refuseOtherOptions("image", options);
  await using opened = await openImages(path);
  await send(chooseImage(opened, imageChoice(options)));
}

async function pushWithProgress(
  image: Image,
  client: RegistryClient,
  reference: RegistryReference,
  progress: BlobProgress,
  { quiet = false, layerCompression = "gzip", mountFrom = [], cache }: PushOptions & {
    readonly cache: CacheRepository | undefined;
  },
): Promise<void> {
  const { layers } = image;
  progress.start(layers.map(({ label }) => label));
  let pushed: PushedImage;
  try {
    pushed = await pushImage(image, client, reference.tag, {
      layerCompression,
      mountFrom,
      digestCache: trustedCacheDirectory("digests"),
      shared: cache,
      ...observing(progress),
    });
  } finally {
    progress.clear();
  }
  console.log(pushed.manifestDigest);
  const use = await cache?.finish();
  if (quiet) return;
  const facts = [formatCount(layers.length, "layer"), pushed.configDigest];
  console.error(`${formatReference(reference)}: ${facts.join(", ")}\n${blobsLine(pushed)}`);
  if (use !== undefined) console.error(cacheLine(use));
}
