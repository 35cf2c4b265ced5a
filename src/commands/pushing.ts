/**
 * What commands have in common that send images to a registry.
 * @module
 */

import { UsageError } from "../errors.ts";
import { CacheListings } from "../registry/cache_listings.ts";
import type { CacheUse } from "../registry/cache_repository.ts";
import { type ClientOptions, RegistryClient } from "../registry/client.ts";
import { formatReference, parseReference, type RegistryReference } from "../registry/reference.ts";
import type { LayerCompression } from "../sinks/layer_bytes.ts";
import type {
  BlobOutcome,
  PushedBlobs,
  PushedLayer,
  PushOptions,
  SharingPushOptions,
} from "../sinks/registry_push.ts";
import { BlobProgress } from "../terminal/blob_progress.ts";
import { formatBytes, formatCount, jsonText } from "../terminal/format.ts";
import { print } from "../terminal/output.ts";
import { stderrOutput } from "../terminal/stderr.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";
import { type CacheOptions, cacheSettings, openCache } from "./cache_options.ts";
import { clientOptions } from "./client_options.ts";
import type { LayerResult } from "./layer_details.ts";
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
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What a command sends, and what it tells of it. */
export interface Sending<T extends PushedBlobs> {
  /** What each layer holds. */
  readonly labels: readonly string[];
  push(client: RegistryClient, options: SharingPushOptions): Promise<T>;
  /** What is printed, what is in it, for people, and what is printed of it as JSON. */
  told(pushed: T): {
    readonly digest: string;
    readonly facts: string;
    readonly result: Readonly<Record<string, unknown>>;
  };
}

/** A registry that is ready to be sent to. Disposing of it closes the connections to its cache. */
export interface Sender extends Disposable {
  /** How it is talked to. */
  readonly settings: ClientOptions;
  /** Listings of NARs in the cache that hosts share; undefined without one. */
  readonly sharedListings: CacheListings | undefined;
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
  const { quiet = false, json, layerCompression = "gzip" } = options;
  const mountFrom = (options.mountFrom ?? []).map((name) => repositoryOf(name, reference));
  const shared = cacheSettings(options, reference);
  const progress = new BlobProgress(stderrOutput, { quiet, colour: !Deno.noColor });
  const { warn } = report;
  const settings = await clientOptions(options, warn);
  const cache = shared && await openCache(shared, reference, options, settings, warn);
  const send: Sender["send"] = async ({ labels, push, told }) => {
    report.phase?.("layers");
    progress.start(labels);
    const layers: PushedLayerResult[] = [];
    const access = { ...settings, push: true, mountFrom };
    using client = new RegistryClient(reference.host, reference.repository, access);
    const pushed = await push(client, {
      layerCompression,
      mountFrom,
      digestCache: trustedCacheDirectory("digests"),
      shared: cache?.repository,
      ...observing(progress),
      onPushed(layer) {
        layers[layer.index] = layerResult(layer);
        progress.done(layer.index, layer.outcome, layer.size);
        report.detail?.(layerLine(layer, labels.length));
      },
    }).finally(() => progress.clear());
    const { digest, facts, result } = told(pushed);
    if (!json) await print(digest);
    const use = await cache?.repository.finish();
    report.say?.(`${formatReference(reference)}: ${facts}\n${blobsLine(pushed)}`);
    if (use !== undefined) report.say?.(cacheLine(use));
    if (!json) return;
    await print(jsonText({
      destination: formatReference({ ...reference, digest }),
      ...result,
      size: pushed.size,
      sent: pushed.sent,
      blobs: pushed.blobs,
      layers,
      cache: use ?? null,
    }));
  };
  return {
    settings,
    sharedListings: cache && new CacheListings(cache.repository),
    send,
    [Symbol.dispose]: () => cache?.[Symbol.dispose](),
  };
}

/** A layer as results have it, and what became of it. */
interface PushedLayerResult extends Omit<LayerResult, "size"> {
  readonly outcome: BlobOutcome;
}

function layerResult({ outcome, blob: { diffId, descriptor } }: PushedLayer): PushedLayerResult {
  const { mediaType, digest, size } = descriptor;
  return { diffId, blob: { mediaType, digest, size }, outcome };
}

function layerLine({ index, outcome, knownFrom, blob, size }: PushedLayer, count: number): string {
  const known = knownFrom === undefined ? "read" : `known from ${KNOWN_FROM[knownFrom]}`;
  const facts = [blob.diffId, `blob ${blob.descriptor.digest}`, formatBytes(size), known];
  return `layer ${index + 1}/${count}: ${OUTCOMES[outcome]}, ${facts.join(", ")}`;
}

const OUTCOMES = { exists: "there already", mounted: "mounted", pushed: "pushed" } as const;
const KNOWN_FROM = {
  source: "where it comes from",
  "earlier run": "an earlier run",
  "other host": "another host",
} as const;

/** Has the progress follow what is sent. */
function observing(progress: BlobProgress): Pick<PushOptions, "onLayer" | "onSent"> {
  return {
    onLayer: (index, size) => progress.pushing(index, size),
    onSent: (index, count) => progress.sent(index, count),
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
