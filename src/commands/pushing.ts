/**
 * What commands have in common that send images to a registry.
 * @module
 */

import { UsageError } from "../errors.ts";
import type { CacheUse } from "../registry/cache_repository.ts";
import { parseReference, type RegistryReference } from "../registry/reference.ts";
import type { PushedBlobs, PushOptions } from "../sinks/registry_push.ts";
import { BlobProgress } from "../terminal/blob_progress.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { stderrOutput } from "../terminal/stderr.ts";

/**
 * Where images are sent.
 *
 * @throws {UsageError} if it is no place for them.
 */
export function pushReference(destination: string): RegistryReference {
  const reference = parseReference(destination);
  if (reference.digest === undefined) return reference;
  throw new UsageError(`${destination}: push to a tag; the digest is what the image has`);
}

/**
 * The repository of the same registry that --mount-from names, with or without the host.
 *
 * @throws {UsageError} if it is none.
 */
export function repositoryOf(name: string, { host }: RegistryReference): string {
  const named = parseReference(name.startsWith(`${host}/`) ? name : `${host}/${name}`);
  if (named.tag === "latest" && named.digest === undefined) return named.repository;
  throw new UsageError(`--mount-from: expected the name of a repository, without tag: ${name}`);
}

/** Progress on standard error. */
export function pushProgress({ quiet = false }: { readonly quiet?: boolean }): BlobProgress {
  return new BlobProgress(stderrOutput, { quiet, colour: !Deno.noColor });
}

/** Has the progress follow what is sent. */
export function observing(
  progress: BlobProgress,
): Pick<PushOptions, "onLayer" | "onSent" | "onPushed"> {
  return {
    onLayer: (index, size) => progress.pushing(index, size),
    onSent: (index, count) => progress.sent(index, count),
    onPushed: ({ index, outcome, size }) => progress.done(index, outcome, size),
  };
}

/** What became of the blobs, for people. */
export function blobsLine({ blobs, sent, size }: PushedBlobs): string {
  const { exists, mounted, pushed } = blobs;
  const counts = [`${exists} there already`, `${mounted} mounted`, `${pushed} pushed`];
  return `Blobs: ${counts.join(", ")}; ${formatBytes(sent)} sent of ${formatBytes(size)}`;
}

/** What a cache that hosts share was good for, for people. */
export function cacheLine({ found, written }: CacheUse): string {
  const entries = written === 1 ? "1 entry" : `${written} entries`;
  return `Cache: ${formatCount(found, "layer")} known from it, ${entries} written`;
}
