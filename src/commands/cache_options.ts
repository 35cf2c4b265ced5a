/**
 * Options for the cache of layers that hosts share.
 * @module
 */

import { UsageError } from "../errors.ts";
import {
  parsePublicKeys,
  parseSigningKey,
  type PublicKey,
  type SigningKey,
} from "../signing/keys.ts";
import { CacheRepository } from "../registry/cache_repository.ts";
import { type CacheTrust, canWrite } from "../registry/cache_trust.ts";
import { type ClientOptions, RegistryClient } from "../registry/client.ts";
import { parseReference, type RegistryReference } from "../registry/reference.ts";
import { RETRY_POLICY } from "../http/retry.ts";
import { readingFrom } from "../store/files.ts";
import { clientOptions } from "./client_options.ts";
import type { RegistryOptions } from "./registry_options.ts";

/** See {@linkcode cacheSettings}. */
export interface CacheOptions {
  readonly cacheRepo?: string;
  readonly cacheKey?: string;
  readonly cachePublicKey?: readonly string[];
  readonly cacheTrustRepo?: boolean;
}

/** Which cache to use, and whom to believe there. */
export interface CacheSettings {
  readonly reference: RegistryReference;
  readonly trust: CacheTrust;
}

/**
 * What the options say; undefined without a cache.
 *
 * @throws {UsageError} if they contradict one another.
 * @throws {ImageError} if a key can not be read.
 */
export function cacheSettings(
  { cacheRepo, cacheKey, cachePublicKey = [], cacheTrustRepo: anyone = false }: CacheOptions,
  destination: RegistryReference,
): CacheSettings | undefined {
  const hasTrust = cacheKey !== undefined || cachePublicKey.length > 0 || anyone;
  if (cacheRepo === undefined) {
    if (!hasTrust) return undefined;
    throw new UsageError("--cache-key, --cache-public-key, --cache-trust-repo: for a --cache-repo");
  }
  if (!hasTrust) {
    throw new UsageError(
      "--cache-repo: say whom to believe there, as whoever writes it can choose what you ship: " +
        "--cache-key, --cache-public-key or --cache-trust-repo",
    );
  }
  const reference = parseReference(cacheRepo);
  if (reference.tag !== "latest" || reference.digest !== undefined) {
    throw new UsageError(`--cache-repo: expected HOST/NAME of a repository, without tag`);
  }
  if (reference.host === destination.host && reference.repository === destination.repository) {
    throw new UsageError("--cache-repo: give a repository of its own, not the destination");
  }
  return {
    reference,
    trust: {
      signingKey: cacheKey === undefined ? undefined : signingKeyIn(cacheKey),
      publicKeys: cachePublicKey.flatMap(publicKeysIn),
      anyone,
    },
  };
}

/** How long a cache may keep us waiting: it is to save time. */
const HASTE = {
  connectTimeout: 5000,
  idleTimeout: 10_000,
  retries: { ...RETRY_POLICY, attempts: 2, longestDelay: 2000, total: 5000 },
  onRetry: () => {},
};

/** A cache that is in use; disposing of it closes its connections. */
export interface OpenedCache extends Disposable {
  readonly repository: CacheRepository;
}

/**
 * Opens the cache.
 *
 * @param settings for the registry that is pushed to, whose credentials no other registry gets
 * @throws {ImageError} if a file can not be read.
 */
export async function openCache(
  { reference, trust }: CacheSettings,
  destination: RegistryReference,
  { username: _, passwordStdin: __, ...options }: RegistryOptions,
  settings: ClientOptions,
  warn: (message: string) => void,
): Promise<OpenedCache> {
  using clients = new DisposableStack();
  const sameRegistry = reference.host === destination.host;
  const base = { ...sameRegistry ? settings : await clientOptions(options, warn), ...HASTE };
  const client = clients.use(
    new RegistryClient(reference.host, reference.repository, {
      ...base,
      push: canWrite(trust),
      mountFrom: sameRegistry && canWrite(trust) ? [destination.repository] : [],
    }),
  );
  // By itself: a token for both may be refused to those who may not read the cache.
  const mounting = sameRegistry
    ? clients.use(
      new RegistryClient(destination.host, destination.repository, {
        ...base,
        push: true,
        mountFrom: [reference.repository],
      }),
    )
    : undefined;
  const repository = clients.use(
    new CacheRepository({ client, trust, destination: mounting, warn }),
  );
  const opened = clients.move();
  return { repository, [Symbol.dispose]: () => opened.dispose() };
}

/** What is a key, or is meant to be one. It is not shown: it may be a secret one. */
const KEY = /^[^/]*:[A-Za-z0-9+/=\s]*$|:[A-Za-z0-9+/=\s]{40,}$/;

function signingKeyIn(file: string): SigningKey {
  if (!KEY.test(file)) return parseSigningKey(readText(file), `--cache-key ${file}`);
  throw new UsageError("--cache-key: give the file of the key; others can see this command line");
}

function publicKeysIn(given: string): PublicKey[] {
  const where = "--cache-public-key";
  if (KEY.test(given)) return parsePublicKeys(given, where);
  return parsePublicKeys(readText(given), `${where} ${given}`);
}

function readText(file: string): string {
  return readingFrom(file, () => Deno.readTextFileSync(file));
}
