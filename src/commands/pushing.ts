/**
 * What commands have in common that send images to a registry.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { CacheUse } from "../registry/cache_repository.ts";
import { type ClientOptions, RegistryClient } from "../registry/client.ts";
import { formatReference, parseReference, type RegistryReference } from "../registry/reference.ts";
import type { LayerCompression } from "../sinks/layer_bytes.ts";
import type { PushedBlobs, PushOptions, SharingPushOptions } from "../sinks/registry_push.ts";
import { BlobProgress } from "../terminal/blob_progress.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";
import { type CacheOptions, cacheSettings, openCache } from "./cache_options.ts";
import { clientOptions } from "./client_options.ts";
import type { RegistryOptions } from "./registry_options.ts";
import type { Report } from "./report.ts";

/**
 * The repository of the same registry that --mount-from names, with or without the host.
 *
 * @throws {UsageError} if it is none.
 */
function repositoryOf(name: string, { host }: RegistryReference): string {
  const named = parseReference(name.startsWith(`${host}/`) ? name : `${host}/${name}`);
  if (named.tag === "latest" && named.digest === undefined) return named.repository;
  throw new UsageError(`--mount-from: expected the name of a repository, without tag: ${name}`);
}

/** Options of commands that send images to a registry. */
export interface SendingOptions extends CacheOptions, RegistryOptions {
  readonly layerCompression?: LayerCompression;
  readonly mountFrom?: readonly string[];
  readonly quiet?: boolean;
}

/** What a command sends, and what it tells of it. */
export interface Sending<T extends PushedBlobs> {
  /** What each layer holds. */
  readonly labels: readonly string[];
  push(client: RegistryClient, options: SharingPushOptions): Promise<T>;
  /** What is printed, and what is in it, for people. */
  told(pushed: T): { readonly digest: string; readonly facts: string };
}

/** A registry that is ready to be sent to. */
export interface Sender {
  /** How it is talked to. */
  readonly settings: ClientOptions;
  /** Sends what there is, with progress; prints its digest, and to standard error what it took. */
  send<T extends PushedBlobs>(sending: Sending<T>): Promise<void>;
}

/**
 * Readies what sends to a registry.
 *
 * @throws {UsageError} if options contradict one another.
 * @throws {ImageError} if a file can not be read.
 */
export async function senderTo(
  reference: RegistryReference,
  options: SendingOptions,
  report: Report,
): Promise<Sender> {
  const { quiet = false, layerCompression = "gzip" } = options;
  const mountFrom = (options.mountFrom ?? []).map((name) => repositoryOf(name, reference));
  const shared = cacheSettings(options, reference);
  const progress = new BlobProgress(stderrOutput, { quiet, colour: !Deno.noColor });
  const warn = (message: string) => {
    progress.clear();
    report.warn(message);
  };
  const settings = await clientOptions(options, warn);
  const send: Sender["send"] = async ({ labels, push, told }) => {
    using cache = shared && await openCache(shared, reference, options, settings, warn);
    progress.start(labels);
    const access = { ...settings, push: true, mountFrom };
    using client = new RegistryClient(reference.host, reference.repository, access);
    const pushed = await push(client, {
      layerCompression,
      mountFrom,
      digestCache: trustedCacheDirectory("digests"),
      shared: cache?.repository,
      ...observing(progress),
    }).finally(() => progress.clear());
    const { digest, facts } = told(pushed);
    console.log(digest);
    const use = await cache?.repository.finish();
    if (quiet) return;
    console.error(`${formatReference(reference)}: ${facts}\n${blobsLine(pushed)}`);
    if (use !== undefined) console.error(cacheLine(use));
  };
  return { settings, send };
}

/** Has the progress follow what is sent. */
function observing(
  progress: BlobProgress,
): Pick<PushOptions, "onLayer" | "onSent" | "onPushed"> {
  return {
    onLayer: (index, size) => progress.pushing(index, size),
    onSent: (index, count) => progress.sent(index, count),
    onPushed: ({ index, outcome, size }) => progress.done(index, outcome, size),
  };
}

/** What became of the blobs, for people. */
function blobsLine({ blobs, sent, size }: PushedBlobs): string {
  const { exists, mounted, pushed } = blobs;
  const counts = [`${exists} there already`, `${mounted} mounted`, `${pushed} pushed`];
  return `Blobs: ${counts.join(", ")}; ${formatBytes(sent)} sent of ${formatBytes(size)}`;
}

/** What a cache that hosts share was good for, for people. */
function cacheLine({ found, written }: CacheUse): string {
  const entries = written === 1 ? "1 entry" : `${written} entries`;
  return `Cache: ${formatCount(found, "layer")} known from it, ${entries} written`;
}
