/**
 * Store paths that are elsewhere, as files, for what needs files: scripts, base images in a store, and
 * what is copied or linked to.
 * @module
 */

import { ImageError } from "../errors.ts";
import { Turns } from "../http/turns.ts";
import { runShell, tryShell } from "../process/run.ts";
import { dumpNar } from "../store/dump_nar.ts";
import { keepNar, keptNar } from "../store/kept_nar.ts";
import { listNar } from "../store/nar_entries.ts";
import type { NarPath, NarPaths } from "../store/nar_path.ts";
import { formatNarListing, parseNarListing } from "../store/nar_listing.ts";
import type { StoreFiles } from "../store/store_files.ts";
import { STORE_DIR, type StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";
import { unpackNar } from "../store/unpack_nar.ts";
import { type Fetched, fetchedNar } from "./fetched_nar.ts";
import { KeptListings } from "./kept_listings.ts";
import type { SharedListings } from "./shared_listings.ts";

/** So many paths are fetched and unpacked at a time. */
const AT_ONCE = 4;

/** So many paths are copied with one command. */
const COPIED_AT_ONCE = 1000;

/** Where stores are put together. */
export interface PartialStoreOptions {
  /** How the paths that are elsewhere are read; undefined for one that is on the disk. */
  readonly narOf: NarPaths;
  /**
   * Has `narOf` know these. Asked of each path once, and only of what is wanted. Default: it knows
   * them all.
   */
  readonly find?: (paths: readonly StorePath[]) => Promise<void>;
  /** The directory that holds the `nix/store` of what is on the disk: "" (the default) for the host's own. */
  readonly storeRoot?: string;
  /**
   * Gives an empty directory for what is fetched, which is to be removed by the caller. Asked for
   * when there is something for it.
   */
  readonly directory: () => Promise<string>;
  /** A directory for {@linkcode KeptListings}; none are kept without it. */
  readonly listings?: string | undefined;
  /** Listings of other hosts, and for them. */
  readonly shared?: SharedListings | undefined;
}

/**
 * A store with some of the paths that are elsewhere, each unpacked when it is first asked for. It has
 * no database.
 */
export class PartialStore implements StoreFiles {
  readonly #options: PartialStoreOptions;
  readonly #storeRoot: string;
  #directory: Promise<string> | undefined;
  /** Where they are once all of it is there. */
  readonly #unpacked = new Map<StorePath, Promise<string>>();
  /** The files that have their NARs. */
  readonly #kept = new Map<StorePath, Promise<string>>();
  readonly #entries = new Map<StorePath, Promise<readonly TreeEntry[]>>();
  readonly #listings: KeptListings | undefined;
  /** Whether others got hold of what was unpacked, who may have changed it. */
  #isShared = false;
  readonly #copied = new Set<StorePath>();
  readonly #asked = new Map<StorePath, Promise<void>>();
  #copying: Promise<void> = Promise.resolve();
  readonly #turns = new Turns(AT_ONCE);

  /** Fetches nothing yet. */
  constructor(options: PartialStoreOptions) {
    this.#options = options;
    this.#storeRoot = options.storeRoot ?? "";
    const { listings } = options;
    this.#listings = listings === undefined ? undefined : new KeptListings(listings);
  }

  /**
   * Has these be on the disk, each under the root that {@linkcode rootOf} gives for it.
   *
   * @throws {ImageError} if one can't be fetched or unpacked: nothing of it is there then.
   */
  async provide(paths: Iterable<StorePath>): Promise<void> {
    const wanted = [...new Set(paths)];
    await this.#find(wanted);
    // All are over when this is, so that their directory may be removed.
    const all = await Promise.allSettled(wanted.map((path) => {
      const nar = this.#options.narOf(path);
      return nar && this.#unpack(path, nar);
    }));
    for (const one of all) if (one.status === "rejected") throw one.reason;
  }

  /**
   * How a path is read for a layer: from what was fetched of it, if it was, else from where it is;
   * undefined for one that is on the disk.
   */
  narOf(path: StorePath): NarPath | undefined {
    const nar = this.#options.narOf(path);
    if (nar === undefined) return undefined;
    const entries = async () => await this.#knownEntries(path, nar) ?? await nar.entries();
    const fetched = this.#fetched(path);
    return { ...fetched ? fetchedNar(path, nar, fetched) : nar, entries };
  }

  #fetched(path: StorePath): Fetched | undefined {
    const mayDiffer = () => this.#isShared;
    const kept = this.#kept.get(path), unpacked = this.#unpacked.get(path);
    if (kept) return { place: kept, read: keptNar, mayDiffer };
    return unpacked && { place: unpacked, read: dumpNar, mayDiffer };
  }

  async rootOf(path: StorePath): Promise<string> {
    await this.#find([path]);
    const nar = this.#options.narOf(path);
    if (nar === undefined) return this.#storeRoot;
    await this.#unpack(path, nar);
    return await this.#root();
  }

  async entriesOf(path: StorePath): Promise<readonly TreeEntry[] | undefined> {
    await this.#find([path]);
    const nar = this.#options.narOf(path);
    if (nar === undefined) return undefined;
    const entries = this.#entries.get(path) ?? this.#list(path, nar);
    this.#entries.set(path, entries);
    return await entries;
  }

  /** Where some are on the disk already and others are not, the former are copied. */
  async rootWith(paths: Iterable<StorePath>): Promise<string> {
    const all = [...new Set(paths)];
    await this.#find(all);
    const { narOf } = this.#options;
    const here = all.filter((path) => narOf(path) === undefined);
    if (here.length === all.length) return this.#storeRoot;
    await this.provide(all);
    const copying = this.#copying.then(() => this.#copy(here));
    this.#copying = copying.catch(() => {});
    await copying;
    this.#isShared = true;
    return await this.#root();
  }

  async #knownEntries(path: StorePath, nar: NarPath): Promise<readonly TreeEntry[] | undefined> {
    return await this.#entries.get(path) ?? await this.#listings?.get(path, nar);
  }

  async #list(path: StorePath, nar: NarPath): Promise<readonly TreeEntry[]> {
    const { shared } = this.#options;
    const { narHash } = nar;
    const kept = await this.#listings?.get(path, nar);
    if (kept !== undefined) {
      shared?.offer(narHash, formatNarListing(path, kept));
      return kept;
    }
    const told = await shared?.get(narHash, (text) => parseNarListing(text, path, "its content"));
    if (told !== undefined) {
      if (told.signed) await this.#listings?.put(path, nar, told.value);
      return told.value;
    }
    const entries = await this.#listed(path, nar);
    await this.#listings?.put(path, nar, entries);
    shared?.put(narHash, formatNarListing(path, entries));
    return entries;
  }

  /** Its NAR is kept on this occasion, so that its layer need not fetch it again. */
  async #listed(path: StorePath, nar: NarPath): Promise<readonly TreeEntry[]> {
    if (this.#unpacked.has(path)) return await listNar(path, this.narOf(path)!);
    const keeping = this.#turns.run(async () => {
      const file = `${await this.#root()}/nars/${path.slice(STORE_DIR.length + 1)}`;
      return { file, entries: await keepNar(path, nar, file) };
    });
    const kept = keeping.then(({ file }) => file);
    this.#kept.set(path, kept);
    try {
      await kept;
      return (await keeping).entries;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }

  async #find(paths: readonly StorePath[]): Promise<void> {
    const { find } = this.#options;
    if (find === undefined) return;
    const unknown = paths.filter((path) => !this.#asked.has(path));
    const finding = unknown.length === 0 ? Promise.resolve() : find(unknown);
    for (const path of unknown) this.#asked.set(path, finding);
    await Promise.all(new Set(paths.map((path) => this.#asked.get(path))));
  }

  #unpack(path: StorePath, nar: NarPath): Promise<string> {
    const known = this.#unpacked.get(path);
    if (known !== undefined) return known;
    const kept = this.#kept.get(path);
    const from = kept && fetchedNar(path, nar, this.#fetched(path)!);
    const unpacked = (async () => {
      // Not in a turn, for which it may be waiting.
      await kept;
      return await this.#turns.run(() => this.#unpackFrom(path, from ?? nar));
    })();
    this.#unpacked.set(path, unpacked);
    return unpacked;
  }

  async #unpackFrom(path: StorePath, nar: NarPath): Promise<string> {
    const place = await this.#root() + path;
    // It gets its name when its last byte was seen to be right.
    const part = `${place}.part`;
    try {
      await unpackNar(nar.open(), part, { of: `${path} from ${nar.from}`, size: nar.narSize });
      Deno.renameSync(part, place);
      return place;
    } catch (error) {
      this.#unpacked.delete(path);
      await remove(part);
      throw error;
    }
  }

  async #copy(paths: readonly StorePath[]): Promise<void> {
    const left = paths.filter((path) => !this.#copied.has(path));
    const store = await this.#root() + STORE_DIR;
    for (let at = 0; at < left.length; at += COPIED_AT_ONCE) {
      const some = left.slice(at, at + COPIED_AT_ONCE);
      await runShell(COPY, [store, ...some.map((path) => this.#storeRoot + path)]);
      for (const path of some) this.#copied.add(path);
    }
  }

  #root(): Promise<string> {
    return this.#directory ??= this.#make();
  }

  async #make(): Promise<string> {
    const directory = await this.#options.directory();
    try {
      await Deno.mkdir(directory + STORE_DIR, { recursive: true });
      await Deno.mkdir(`${directory}/nars`);
    } catch (error) {
      const message = `Cannot make a store in ${directory}: ${(error as Error).message}`;
      throw new ImageError(message, { cause: error });
    }
    return directory;
  }
}

/** Not all that is called `cp` knows of files that share their blocks. */
const COPY = `to=$1 how=; shift
case $(cp --help 2>&1) in *--reflink*) how=--reflink=auto;; esac
cp -a $how -- "$@" "$to"`;

/** A directory in which nobody may write is no hindrance; where a symlink leads is not touched. */
const REMOVE = 'test -L "$1" || chmod -R u+w -- "$1" || true; rm -rf -- "$1"';

/** Removes what was not unpacked whole, if there is anything. */
async function remove(path: string): Promise<void> {
  await tryShell(REMOVE, [path]);
}
