/**
 * `nix-image index SPEC|IMAGE… -o PATH` and `nix-image index SPEC|IMAGE… docker://HOST/NAME:TAG`.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import { MEDIA_TYPE } from "../image/media_types.ts";
import { platformName } from "../image/image_platform.ts";
import { pushReference, type RegistryReference } from "../registry/reference.ts";
import type { WrittenImage } from "../sinks/image_documents.ts";
import {
  type NamedIndex,
  writeIndexArchive,
  writeIndexDirectory,
  type WrittenIndex,
} from "../sinks/oci_layout.ts";
import { pushIndex } from "../sinks/registry.ts";
import { formatBytes, formatCount, jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { Progress } from "../terminal/progress.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { indexImages, type MemberOptions } from "./index_members.ts";
import { checkRepoTag } from "./planning.ts";
import { senderTo, type SendingOptions } from "./pushing.ts";
import { reportTo } from "./report.ts";

/** Options of {@linkcode indexCommand}. */
export interface IndexOptions extends MemberOptions, SendingOptions {
  readonly output?: string;
  readonly format?: "oci" | "oci-archive";
  readonly repoTag?: string;
  readonly annotation?: readonly string[];
}

/** How a destination begins that is a registry. */
const REGISTRY = "docker://";

/** The time of an archive's members, as nixpkgs has it. */
const MTIME = 1;

/** Writes an index of images, or sends it to a registry; prints its digest then. */
export async function indexCommand(
  args: readonly string[],
  options: IndexOptions,
): Promise<void> {
  const { sources, destination } = placesIn(args, options);
  const annotations = annotationsIn(options.annotation ?? []);
  const { repoTag, output = "" } = options;
  if (repoTag !== undefined) checkRepoTag(repoTag);
  if (sources.includes("-") && options.passwordStdin) {
    throw new UsageError("-: standard input is for the password, with --password-stdin");
  }
  using report = reportTo(options);
  using sender = destination && await senderTo(destination, options, report);
  await using stack = new AsyncDisposableStack();
  const { repoTag: _, ...given } = options;
  const memberOptions = { ...given, sharedListings: sender?.sharedListings };
  const { images, ...names } = await indexImages(sources, memberOptions, report, stack);
  const index = { images, annotations, ...repoTag === undefined ? names : { repoTags: [repoTag] } };
  if (destination && sender) {
    return await sender.send({
      labels: labelsOf(images),
      push: (client, pushOptions) => pushIndex(index, client, destination.tag, pushOptions),
      told: ({ digest, images: pushed }) => ({
        digest,
        facts: factsOf(images),
        result: { mediaType: MEDIA_TYPE.index, digest, images: imageResults(images, pushed) },
      }),
    });
  }
  report.phase?.("layers");
  const format = options.format ?? (output.endsWith(".tar") ? "oci-archive" : "oci");
  const { size, digest, images: written } = await writeIndex(index, output, { ...options, format });
  report.say?.(
    `Written to ${output}: ${factsOf(images)}, ${formatBytes(size)}, index ${digest}`,
  );
  if (!options.json) return;
  await print(jsonText({
    path: output,
    format,
    size,
    mediaType: MEDIA_TYPE.index,
    digest,
    images: imageResults(images, written),
  }));
}

/** The images of an index as results have them. */
function imageResults(images: readonly Image[], written: readonly WrittenImage[]) {
  return images.map((image, index) => ({
    platform: platformName(image.platform ?? image),
    id: written[index]?.configDigest,
    manifestDigest: written[index]?.manifestDigest,
  }));
}

/** Options that are for one kind of destination alone, as they are written. */
const OF_FILES = { format: "--format", repoTag: "--repo-tag" } as const;
const OF_REGISTRIES = {
  mountFrom: "--mount-from",
  cacheRepo: "--cache-repo",
  cacheKey: "--cache-key",
  cachePublicKey: "--cache-public-key",
  cacheTrustRepo: "--cache-trust-repo",
  authfile: "--authfile",
  username: "--username",
  passwordStdin: "--password-stdin",
  tlsVerify: "--tls-verify",
  caFile: "--ca-file",
  certDir: "--cert-dir",
} as const;

/** What the index is made of, and the registry that gets it; without it, a file does. */
function placesIn(args: readonly string[], options: IndexOptions): {
  readonly sources: readonly string[];
  readonly destination: RegistryReference | undefined;
} {
  const last = args.at(-1) ?? "";
  const destination = last.startsWith(REGISTRY) ? last : undefined;
  const sources = destination === undefined ? args : args.slice(0, -1);
  const { output } = options;
  const wrong = sources.find((source) => source.startsWith(REGISTRY));
  if (wrong !== undefined) throw new UsageError(`${wrong}: a destination is the last argument`);
  if (destination === undefined && output === undefined) {
    throw new UsageError(
      "name a destination: a path with --output, or docker://HOST/NAME:TAG as the last argument",
    );
  }
  if (destination !== undefined && output !== undefined) {
    throw new UsageError(`--output and ${destination}: give one of them`);
  }
  if (output === "-") throw new UsageError("--output: name a file; index writes to no pipe");
  if (sources.length === 0) {
    throw new UsageError("give specs or images, of which the index is made");
  }
  refuse(destination === undefined ? OF_REGISTRIES : OF_FILES, options, destination);
  return {
    sources,
    destination: destination === undefined ? undefined : pushReference(destination),
  };
}

function refuse(
  flags: Readonly<Partial<Record<keyof IndexOptions, string>>>,
  options: IndexOptions,
  destination: string | undefined,
): void {
  for (const [name, flag] of Object.entries(flags)) {
    if (options[name as keyof IndexOptions] === undefined) continue;
    const what = destination === undefined ? "a registry" : "--output";
    throw new UsageError(`${flag} is for ${what}`);
  }
}

function annotationsIn(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => {
    const end = text.indexOf("=");
    if (end > 0) return [text.slice(0, end), text.slice(end + 1)];
    throw new UsageError(`--annotation: expected KEY=VALUE, found ${JSON.stringify(text)}`);
  }));
}

/** What is in the index, for people. */
function factsOf(images: readonly Image[]): string {
  const layers = images.reduce((sum, image) => sum + image.layers.length, 0);
  const platforms = images.map((image) => platformName(image.platform ?? image)).join(", ");
  return `${formatCount(images.length, "image")} (${platforms}), ${formatCount(layers, "layer")}`;
}

/** What all layers hold; and for which platform, where there are several. */
function labelsOf(images: readonly Image[]): string[] {
  return images.flatMap((image) => {
    const platform = images.length > 1 ? `${platformName(image.platform ?? image)}: ` : "";
    return image.layers.map(({ label }) => platform + label);
  });
}

async function writeIndex(
  index: NamedIndex,
  output: string,
  { format, layerCompression = "gzip", quiet = false }: IndexOptions,
): Promise<WrittenIndex> {
  const progress = new Progress(stderrOutput, { quiet, colour: !Deno.noColor });
  progress.start(labelsOf(index.images).map((label) => ({ label, paths: 0 })));
  const starts = index.images.map((_, position) =>
    index.images.slice(0, position).reduce((sum, { layers }) => sum + layers.length, 0)
  );
  const work = {
    mtime: MTIME,
    layerCompression,
    onLayer: ({ image, index }: { readonly image: number; readonly index: number }) =>
      progress.layer((starts[image] ?? 0) + index),
    onBytes: (count: number) => progress.bytes(count),
  };
  try {
    return format === "oci-archive"
      ? await writeIndexArchive(index, output, work)
      : await writeIndexDirectory(index, output, work);
  } finally {
    progress.finish();
  }
}
