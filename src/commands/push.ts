/**
 * `nix-image push SPEC|IMAGE docker://HOST/NAME:TAG`.
 * @module
 */

import { chooseImage } from "../base/choose_image.ts";
import { openImages } from "../base/open_images.ts";
import { UsageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { imageOf } from "../image/planned_image.ts";
import { RegistryClient } from "../registry/client.ts";
import { formatReference, parseReference, type RegistryReference } from "../registry/reference.ts";
import type { LayerCompression } from "../sinks/layer_bytes.ts";
import { type PushedImage, type PushedLayer, pushImage } from "../sinks/registry.ts";
import { formatBytes, formatCount, printable, shorten } from "../terminal/format.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";
import { type ChoiceOptions, imageChoice } from "./image_choice.ts";
import { planFromFile, type PlanningOptions } from "./planning.ts";
import { reportNotices, reportTo } from "./report.ts";
import { clientOptions } from "./client_options.ts";
import type { RegistryOptions } from "./registry_options.ts";
import { isSpec, refuseOtherOptions } from "./spec_or_image.ts";

/** Options of {@linkcode pushCommand}. */
export interface PushOptions extends ChoiceOptions, PlanningOptions, RegistryOptions {
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
  const reference = parseReference(destination);
  if (reference.digest !== undefined) {
    throw new UsageError(`${destination}: push to a tag; the digest is what the image has`);
  }
  const { closure, previous, history = [] } = options;
  if (options.passwordStdin && [path, closure, previous, ...history].includes("-")) {
    throw new UsageError("-: standard input is for the password, with --password-stdin");
  }
  const report = reportTo(options.quiet);
  const mountFrom = (options.mountFrom ?? []).map((name) => repositoryOf(name, reference));
  const settings = await clientOptions(options, report.warn);
  const send = async (image: Image) => {
    using client = new RegistryClient(reference.host, reference.repository, {
      ...settings,
      push: true,
      mountFrom,
    });
    await pushWithProgress(image, client, reference, { ...options, mountFrom });
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

/** The repository of the same registry that an option names, with or without the host. */
function repositoryOf(name: string, { host }: RegistryReference): string {
  const named = parseReference(name.startsWith(`${host}/`) ? name : `${host}/${name}`);
  if (named.tag === "latest" && named.digest === undefined) return named.repository;
  throw new UsageError(`--mount-from: expected the name of a repository, without tag: ${name}`);
}

async function pushWithProgress(
  image: Image,
  client: RegistryClient,
  reference: RegistryReference,
  { quiet = false, layerCompression = "gzip", mountFrom = [] }: PushOptions,
): Promise<void> {
  const { layers } = image;
  const progress = new Progress(stderrOutput, {
    quiet: quiet || !stderrOutput.isTerminal,
    colour: !Deno.noColor,
  });
  progress.start(layers.map(({ label }) => ({ label, paths: 0 })));
  const tell = (pushed: PushedLayer) => {
    if (!quiet && !stderrOutput.isTerminal) stderrOutput.write(lineOf(pushed, layers.length));
  };
  let pushed: PushedImage;
  try {
    pushed = await pushImage(image, client, reference.tag, {
      layerCompression,
      mountFrom,
      digestCache: trustedCacheDirectory("digests"),
      onLayer: (index) => progress.layer(index),
      onBytes: (count) => progress.bytes(count),
      onPushed: tell,
    });
  } finally {
    progress.finish();
  }
  console.log(pushed.manifestDigest);
  if (quiet) return;
  const { blobs: { exists, mounted, pushed: sent } } = pushed;
  const blobs = [`${exists} there already`, `${mounted} mounted`, `${sent} pushed`];
  console.error(
    `${formatReference(reference)}: ${
      formatCount(layers.length, "layer")
    }, ${pushed.configDigest}\n` +
      `Blobs: ${blobs.join(", ")}; ${formatBytes(pushed.sent)} sent of ${formatBytes(pushed.size)}`,
  );
}

const LONGEST_LABEL = 60;

function lineOf({ index, layer, outcome, size }: PushedLayer, count: number): string {
  const label = shorten(printable(layer.label), LONGEST_LABEL);
  return `layer ${index + 1}/${count}: ${outcome}, ${formatBytes(size)}: ${label}\n`;
}
