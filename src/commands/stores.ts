/**
 * Stores that are elsewhere, as options, the spec and Nix's configuration name them.
 * @module
 */

import { join } from "node:path";
import { VERSION } from "../build_info.ts";
import { UsageError } from "../errors.ts";
import type { PathsElsewhere } from "../image/paths_elsewhere.ts";
import { findProgram } from "../process/find_program.ts";
import { storeDatabase } from "../store/nix_store.ts";
import { cacheCredentials, type CredentialPlaces } from "../stores/cache_credentials.ts";
import { type NixConf, readNixConf, trustedKeys } from "../stores/nix_conf.ts";
import { checkUrlOfSpec } from "../stores/nix_url.ts";
import { PartialStore } from "../stores/partial_store.ts";
import type { SharedListings } from "../stores/shared_listings.ts";
import { openStores, type RemotePath, type Stores } from "../stores/stores.ts";
import { readingFrom } from "../store/files.ts";
import type { StorePath } from "../store/store_path.ts";
import { trustedCacheDirectory } from "./cache_directory.ts";
import { proxySettings } from "./client_options.ts";
import type { Report } from "./report.ts";
import { storeFlagIn } from "./spec_or_image.ts";

/** Options that say which stores, and whom to believe. */
export interface RemoteStoreOptions {
  readonly store?: readonly string[];
  readonly trustedPublicKeys?: string;
  readonly checkSigs?: boolean;
  readonly netrcFile?: string;
  readonly cacheTokenFile?: string;
}

/** What else decides on the stores. */
export interface StoresContext {
  /** URLs that the spec names, besides those of the options, which come first. */
  readonly named: readonly string[];
  /** The directory that holds this host's `nix/store`: "" for its own. */
  readonly storeRoot: string;
  readonly report: Report;
  /** Gives a private directory for temporary files. */
  readonly workDirectory: () => Promise<string>;
  /** What an earlier run decided on. */
  readonly decided?: ReadonlyMap<StorePath, RemotePath>;
  /** Listings of NARs that hosts share. */
  readonly sharedListings?: SharedListings | undefined;
}

/** Stores that have been opened, and what images need of them. */
export interface StoresInUse extends PathsElsewhere, AsyncDisposable {
  readonly stores: Stores;
  /** As they were named, in the order in which they are asked. */
  readonly urls: readonly string[];
}

/**
 * The stores that were named; undefined if none was. This host's own comes first, where there is one.
 * The others are opened when they are first asked.
 *
 * @throws {UsageError} if a URL or a key is none.
 * @throws {ImageError} if a file can not be read.
 */
export function storesInUse(
  options: RemoteStoreOptions,
  { named, storeRoot, report, decided, workDirectory, sharedListings }: StoresContext,
): StoresInUse | undefined {
  const given = options.store ?? [];
  for (const url of named) if (!given.includes(url)) checkUrlOfSpec(url);
  const urls = [...new Set([...given, ...named])];
  if (urls.length === 0) {
    refuseWithout(options);
    return undefined;
  }
  const conf = readNixConf({
    confDirectory: Deno.env.get("NIX_CONF_DIR"),
    userConfFiles: Deno.env.get("NIX_USER_CONF_FILES"),
    configHome: Deno.env.get("XDG_CONFIG_HOME"),
    configDirectories: Deno.env.get("XDG_CONFIG_DIRS"),
    home: Deno.env.get("HOME"),
    config: Deno.env.get("NIX_CONFIG"),
  });
  const { trustedPublicKeys, checkSigs = true } = options;
  const caches = urls.flatMap((url) => /^https?:/i.test(url) ? URL.parse(url) ?? [] : []);
  const authorities = Deno.env.get("NIX_SSL_CERT_FILE");
  const { connectTimeout, stalledTimeout, attempts } = conf.downloads;
  const stores = openStores(urls, {
    local: hasStore(storeRoot) ? storeDatabase(storeRoot) : undefined,
    trust: {
      keys: trustedKeys(trustedPublicKeys, "--trusted-public-keys", conf),
      checkSignatures: checkSigs && conf.requireSignatures,
    },
    ...decided === undefined ? {} : { decided },
    credentials: cacheCredentials(credentialPlaces(options, conf), caches),
    narinfos: trustedCacheDirectory("narinfos"),
    proxy: proxySettings(),
    ...connectTimeout === undefined ? {} : { connectTimeout },
    ...stalledTimeout === undefined ? {} : { idleTimeout: stalledTimeout },
    ...attempts === undefined ? {} : { retries: { attempts } },
    ...authorities
      ? { authorities: [readingFrom(authorities, () => Deno.readTextFileSync(authorities))] }
      : {},
    userAgent: `nix-image/${VERSION}`,
    onWarning: report.warn,
    onRetry: ({ message }) => report.warn(`${message}; trying again`),
  });
  const made = new Map<string, Promise<string>>();
  const directory = (name: string) => {
    const there = made.get(name) ?? newDirectory(workDirectory, name);
    made.set(name, there);
    return there;
  };
  const files = new PartialStore({
    narOf: (path) => stores.narOf(path),
    find: (paths) => stores.find(paths),
    storeRoot,
    directory: () => directory("store"),
    listings: trustedCacheDirectory("listings"),
    shared: sharedListings,
  });
  return {
    stores,
    urls,
    nars: (path) => files.narOf(path),
    files,
    spool() {
      report.detail?.(
        "a layer's size or digest has to be known before its bytes: it is put into a file",
      );
      return directory("layers");
    },
    [Symbol.asyncDispose]: async () => await stores[Symbol.asyncDispose](),
  };
}

/** Options count before variables, and these before nix.conf; a variable that is empty says nothing. */
function credentialPlaces(
  { netrcFile, cacheTokenFile }: RemoteStoreOptions,
  conf: NixConf,
): CredentialPlaces {
  const netrc = netrcFile === undefined ? Deno.env.get("NETRC") || undefined : undefined;
  const from = netrcFile === undefined ? netrc && "NETRC" : "--netrc-file";
  const tokens = cacheTokenFile === undefined
    ? { tokens: Deno.env.get("NIX_IMAGE_CACHE_TOKENS"), tokensFrom: "NIX_IMAGE_CACHE_TOKENS" }
    : {
      tokens: readingFrom(cacheTokenFile, () => Deno.readTextFileSync(cacheTokenFile)),
      tokensFrom: cacheTokenFile,
    };
  return { netrcFile: netrcFile ?? netrc ?? conf.netrcFile, netrcFrom: from, ...tokens };
}

async function newDirectory(parent: () => Promise<string>, name: string): Promise<string> {
  const path = join(await parent(), name);
  await Deno.mkdir(path);
  return path;
}

function refuseWithout(options: RemoteStoreOptions): void {
  const idle = storeFlagIn(options);
  if (idle !== undefined) {
    throw new UsageError(`${idle} is for stores that --store or the spec names`);
  }
}

/** Whether this host has a store of its own, and what asks it. */
function hasStore(root: string): boolean {
  if (findProgram("nix-store", (Deno.env.get("PATH") ?? "").split(":")) === undefined) return false;
  try {
    return Deno.statSync(`${root}/nix/store`).isDirectory;
  } catch {
    return false;
  }
}
