/**
 * Binary caches (Nix's manual, "HTTP Binary Cache Store", "Local Binary Cache Store"): directories
 * with a `nix-cache-info`, a `HASH.narinfo` for each path, NARs, and listings of these, if it has any.
 * @module
 */

import { ImageError } from "../errors.ts";
import { Turns } from "../http/turns.ts";
import { unlessAborted } from "../http/within.ts";
import { parseNarListing } from "../store/nar_listing.ts";
import { hashPart, type StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";
import { type CacheFiles, NoSuchFileError } from "./cache_files.ts";
import { type CachePlaceOptions, checkCacheInfo, filesAt } from "./cache_place.ts";
import { decompressedNar, narCompression } from "../store/nar_decompress.ts";
import { DiskFiles } from "./disk_files.ts";
import { CONNECTIONS } from "./http_files.ts";
import { isOfAnotherName, MOST_OF_NARINFO, type Narinfo, parseNarinfo } from "./narinfo.ts";
import { NarinfoCache } from "./narinfo_cache.ts";
import type { NarInfo, NarStore } from "./nar_store.ts";

/** How binary caches are read. */
export interface BinaryCacheOptions extends CachePlaceOptions {
  /** Where narinfos are kept from run to run; nowhere without it. */
  readonly narinfos?: string | undefined;
  /** Whether a narinfo is believed: one that was kept and isn't is asked for again. */
  readonly isBelieved?: undefined | ((path: StorePath, info: NarInfo) => boolean);
  /** Milliseconds since the epoch; those of the clock by default. */
  readonly time?: (() => number) | undefined;
}

/** Of a few hundred paths. */
const MOST_REFERENCES = 100_000;
/** What is compressed badly is hardly larger than before. */
const MOST_GROWTH = 2, MOST_OF_FRAME = 1 << 16;
/** Of fifty thousand files. */
const MOST_OF_LISTING = 1 << 22;

/**
 * The cache at an `https`, `http` or `file` URL. What asks it for something fails if no cache is
 * there, or that of another store directory.
 *
 * @throws {UsageError} if the URL is none of these.
 */
export function binaryCache(url: URL, options: BinaryCacheOptions = {}): NarStore {
  const { narinfos, isBelieved, time, ...place } = options;
  const { name, files } = filesAt(url, place);
  return new BinaryCache(name, files, { narinfos, isBelieved, time });
}

type KeptOptions = Pick<BinaryCacheOptions, "narinfos" | "isBelieved" | "time">;

class BinaryCache implements NarStore {
  readonly isTrusted = false;
  readonly #files: CacheFiles;
  /** Whether a cache is there, once somebody wants to know. */
  #check: Promise<void> | undefined;
  readonly #turns = new Turns(CONNECTIONS);
  readonly #kept: NarinfoCache | undefined;
  readonly #isBelieved: (path: StorePath, info: NarInfo) => boolean;
  /** Where NARs are, of the paths that were asked for. */
  readonly #nars = new Map<StorePath, Pick<Narinfo, "narHash" | "file">>();

  constructor(readonly name: string, files: CacheFiles, options: KeptOptions) {
    const { narinfos, isBelieved = () => true, time = Date.now } = options;
    this.#files = files;
    this.#isBelieved = isBelieved;
    // What is on the disk already needs no copy.
    const keeps = narinfos !== undefined && !(files instanceof DiskFiles);
    this.#kept = keeps ? new NarinfoCache(narinfos, name, time) : undefined;
  }

  #checked(): Promise<void> {
    return this.#check ??= checkCacheInfo(this.#files, this.name);
  }

  async infosOf(paths: readonly StorePath[]): Promise<ReadonlyMap<StorePath, NarInfo>> {
    await this.#checked();
    const found = new Map<StorePath, NarInfo>();
    let references = 0;
    let failed: { readonly error: unknown } | undefined;
    // All are over when this is, so that none outlives the store.
    await Promise.all(paths.map((path) =>
      this.#turns.run(async () => {
        if (failed !== undefined) return;
        try {
          const narinfo = await this.#narinfoOf(path);
          if (narinfo === undefined) return;
          references += narinfo.references.length;
          found.set(path, narinfo);
          if (references <= MOST_REFERENCES) return;
          throw new ImageError(
            `${this.name}: with ${path}, there are more than ${MOST_REFERENCES} references at once`,
          );
        } catch (error) {
          failed ??= { error };
        }
      })
    ));
    if (failed !== undefined) throw failed.error;
    // In the order of the question, not of the answers.
    return new Map(paths.flatMap((path) => {
      const info = found.get(path);
      return info === undefined ? [] : [[path, info] as const];
    }));
  }

  async #narinfoOf(path: StorePath): Promise<Narinfo | undefined> {
    const kept = this.#keptOf(path);
    if (kept === "none") return undefined;
    if (kept === undefined || !this.#isBelieved(path, kept)) return await this.#fetched(path);
    return this.#noted(path, kept);
  }

  #noted(path: StorePath, narinfo: Narinfo): Narinfo {
    const { narHash, file } = narinfo;
    this.#nars.set(path, { narHash, file });
    return narinfo;
  }

  /** What was kept of a path; "none" if the cache did not have it. */
  #keptOf(path: StorePath): Narinfo | "none" | undefined {
    const text = this.#kept?.get(path);
    if (text === undefined || text === "") return text === "" ? "none" : undefined;
    try {
      return this.#parsed(text, path) ?? "none";
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      return void this.#kept?.remove(path);
    }
  }

  async #fetched(path: StorePath): Promise<Narinfo | undefined> {
    const bytes = await this.#files.read(`${hashPart(path)}.narinfo`, MOST_OF_NARINFO).catch(
      (error) => {
        throw ofPath(error, path, `What ${this.name} says of ${path}`);
      },
    );
    const text = bytes && textOf(bytes);
    const narinfo = text === undefined ? undefined : this.#parsed(text, path);
    if (text === undefined || narinfo) await this.#kept?.put(path, text ?? "");
    return narinfo && this.#noted(path, narinfo);
  }

  /** A text may mention a path with something behind its name: that one is not there. */
  #parsed(text: string, path: StorePath): Narinfo | undefined {
    return isOfAnotherName(text, path) ? undefined : parseNarinfo(text, path, this.name);
  }

  open(path: StorePath, info: NarInfo): ReadableStream<Uint8Array<ArrayBuffer>> {
    const ending = new AbortController();
    const chunks = this.#nar(path, info, ending.signal);
    return new ReadableStream({
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        // Else it would wait for what comes next.
        ending.abort();
        await chunks.return(undefined);
      },
    }, { highWaterMark: 0 });
  }

  async *#nar(
    path: StorePath,
    info: NarInfo,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
    const name = `The NAR of ${path} from ${this.name}`;
    try {
      const { file, chunks } = await this.#begun(path, info, signal);
      // Nobody has signed how large the file is.
      const mostSize = MOST_GROWTH * info.narSize + MOST_OF_FRAME;
      yield* decompressedNar(ReadableStream.from(chunks), {
        name,
        compression: narCompression(file.compression, name),
        fileSize: Math.min(file.fileSize ?? mostSize, mostSize),
        narSize: info.narSize,
      });
      return undefined;
    } catch (error) {
      throw ofPath(error, path, name);
    }
  }

  /** The file of a NAR, of which the beginning is there already. */
  async #begun(path: StorePath, info: NarInfo, signal: AbortSignal) {
    await unlessAborted(this.#checked(), signal);
    const begin = async ({ file }: Pick<Narinfo, "file">) => {
      const chunks = this.#files.stream(file.url, { size: file.fileSize, signal });
      const first = await chunks.next();
      return { file, chunks: first.done ? chunks : startingWith(first.value, chunks) };
    };
    // What a plan was made of may have been known to another run.
    const known = this.#nars.get(path) ?? this.#keptOf(path);
    const narinfo = known === undefined || known === "none" || known.narHash !== info.narHash
      ? await unlessAborted(this.#current(path, info), signal)
      : known;
    try {
      return await begin(narinfo);
    } catch (error) {
      if (!(error instanceof NoSuchFileError)) throw error;
      // Caches may have it elsewhere meanwhile, compressed in another way.
      const current = await unlessAborted(this.#current(path, info), signal);
      if (current.file.url === narinfo.file.url) throw error;
      return await begin(current);
    }
  }

  /** What the cache says of a path now, if it still is that path with that NAR. */
  async #current(path: StorePath, info: NarInfo): Promise<Narinfo> {
    const narinfo = await this.#turns.run(() => this.#fetched(path));
    if (narinfo?.narHash === info.narHash) return narinfo;
    throw new ImageError(
      `${this.name} has ${path} no more${narinfo === undefined ? "" : ` as ${info.narHash}`}`,
    );
  }

  async entriesOf(path: StorePath): Promise<readonly TreeEntry[] | undefined> {
    await this.#checked();
    try {
      const bytes = await this.#files.read(`${hashPart(path)}.ls`, MOST_OF_LISTING);
      const from = `The listing of ${path} from ${this.name}`;
      return bytes && parseNarListing(textOf(bytes), path, from);
    } catch (error) {
      // A listing is a help. Whatever is wrong, the NAR can be read instead.
      if (error instanceof ImageError) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }
}

/** Errors of requests and files know no path. */
function ofPath(error: unknown, path: StorePath, what: string): unknown {
  if (!(error instanceof ImageError) || error.message.includes(path)) return error;
  return new ImageError(`${what} can not be had: ${error.message}`, { cause: error });
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
