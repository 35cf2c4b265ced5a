/**
 * A cache of digests of layers, shared by many hosts, in a repository of a registry.
 *
 * It never fails: what goes wrong is told once, and the work goes on without it.
 * @module
 */

import { MEDIA_TYPE } from "../image/media_types.ts";
import type { Descriptor } from "../image/oci_documents.ts";
import type { LayerDigest } from "../layer/digest_cache.ts";
import {
  type CacheEntry,
  EMPTY_BLOB,
  entryManifest,
  type EntryName,
  parseEntry,
  statedDigest,
  statementOf,
  tagOf,
} from "./cache_entry.ts";
import { ContentError, type ContentOptions, readContent, storeBlob } from "./cache_content.ts";
import { type CacheTrust, canWrite, distrust, trustedKeys } from "./cache_trust.ts";
import type { RegistryClient } from "./client.ts";
import { HttpError } from "../http/http_error.ts";
import { Turns } from "../http/turns.ts";
import { within } from "../http/within.ts";

/** Options of {@linkcode CacheRepository}. */
export interface CacheRepositoryOptions {
  /** Of the repository. */
  readonly client: RegistryClient;
  readonly trust: CacheTrust;
  /**
   * Of the repository that is pushed to, if it is in the same registry: blobs are mounted from it
   * and to it.
   */
  readonly destination?: RegistryClient | undefined;
  readonly warn: (message: string) => void;
  /**
   * How long all questions that are asked together may take, and what is left to write in the end:
   * in milliseconds.
   */
  readonly patience?: number;
}

/** What came of it. */
export interface CacheUse {
  /** How many layers had an entry that was believed. */
  readonly found: number;
  /** How many entries were written. */
  readonly written: number;
}

const PATIENCE = 20_000;
const AT_ONCE = 8;

/** See above. Disposing of it leaves what is not written yet. */
export class CacheRepository implements Disposable {
  readonly #options: CacheRepositoryOptions;
  readonly #patience: number;
  readonly #turns = new Turns(AT_ONCE);
  /** What was found under a tag, believed or not. */
  readonly #seen = new Map<string, CacheEntry>();
  readonly #told = new Set<string>();
  readonly #writing: Promise<void>[] = [];
  readonly #use = { found: 0, written: 0 };
  /** Questions without an answer yet, and when the last of these has to be there. */
  #asking = 0;
  #deadline = 0;
  #works = true;
  #writes: boolean;
  #mounts: boolean;
  #empty: Promise<void> | undefined;

  constructor(options: CacheRepositoryOptions) {
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
    this.#writes = canWrite(options.trust);
    this.#mounts = options.destination !== undefined;
  }

  /** What others made of a layer, if it is to be believed. */
  async get(name: EntryName): Promise<LayerDigest & { readonly signed: boolean } | undefined> {
    const found = await this.#ask(() => this.#read(name));
    if (found) this.#use.found++;
    return found;
  }

  /** The content that is stored with an entry, if it is to be believed. */
  async content<T>(
    name: EntryName,
    content: ContentOptions<T>,
  ): Promise<{ readonly value: T; readonly signed: boolean } | undefined> {
    return await this.#ask(async () => {
      const found = await this.#read(name);
      if (found === undefined) return undefined;
      try {
        const value = await readContent(this.#options.client, found, content);
        return { value, signed: found.signed };
      } catch (error) {
        if (!(error instanceof ContentError)) throw error;
        this.#tell("content", `the entry ${tagOf(name)} is not used: ${error.message}`);
        return undefined;
      }
    });
  }

  async #ask<T>(question: () => Promise<T | undefined>): Promise<T | undefined> {
    if (!this.#works) return undefined;
    if (this.#asking++ === 0) this.#deadline = performance.now() + this.#patience;
    try {
      const asking = this.#turns.run(async () => this.#works ? await question() : undefined);
      return await within(asking, this.#deadline - performance.now());
    } catch (error) {
      this.#works = this.#writes = false;
      this.#tell("reading", `${messageOf(error)}; going on without it`);
      return undefined;
    } finally {
      this.#asking--;
    }
  }

  async #read(name: EntryName) {
    const tag = tagOf(name);
    const entry = await this.#entry(tag);
    if (entry === undefined) return undefined;
    this.#seen.set(tag, entry);
    const digest = statedDigest(entry.statement, name);
    if (digest === undefined) {
      this.#tell("form", `the entry ${tag} is not about what its tag says; it is not used`);
      return undefined;
    }
    const { trust } = this.#options;
    const doubt = distrust(entry, trustedKeys(trust));
    if (doubt === undefined || trust.anyone) return { ...digest, signed: doubt === undefined };
    this.#tell("trust", `the entry ${tag} ${doubt}; such entries are not used`);
    return undefined;
  }

  async #entry(tag: string): Promise<CacheEntry | undefined> {
    try {
      const { bytes } = await this.#options.client.getManifest(tag, [MEDIA_TYPE.manifest]);
      // What is no entry states nothing.
      return parseEntry(bytes) ?? { statement: "", signatures: [] };
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * Writes an entry, in the background.
   *
   * @param content is stored with it
   */
  put(
    name: EntryName,
    made: LayerDigest,
    mediaType: string,
    content?: Uint8Array<ArrayBuffer>,
  ): void {
    this.#write(() => this.#store(name, made, mediaType, content));
  }

  /** Writes an entry if there is none, in the background. */
  offer(
    name: EntryName,
    made: LayerDigest,
    mediaType: string,
    content?: Uint8Array<ArrayBuffer>,
  ): void {
    this.#write(async () => {
      const there = await this.#options.client.headManifest(tagOf(name));
      if (there === undefined) await this.#store(name, made, mediaType, content);
    });
  }

  /** Tells of an entry that was believed. */
  wrong(name: EntryName, said: LayerDigest, made: LayerDigest): void {
    const tag = tagOf(name);
    const shown = ({ digest, size, diffId = digest }: LayerDigest) =>
      `${digest} (${size} bytes, diff_id ${diffId})`;
    this.#tell(
      tag,
      `the entry ${tag} is wrong: it says ${shown(said)}, and the layer has become ${
        shown(made)
      }, which was used${this.#writes ? "; the entry is replaced" : ""}`,
    );
  }

  /** Has the registry take a blob over from this repository. */
  async mount(digest: string): Promise<boolean | URL> {
    const { client, destination } = this.#options;
    if (!this.#mounts || !this.#works || destination === undefined) return false;
    try {
      return await destination.mountBlob(digest, client.repository);
    } catch (error) {
      this.#mounts = false;
      this.#tell("mounting", `${messageOf(error)}; going on without mounts from there`);
      return false;
    }
  }

  /** Waits for what is being written, but not for ever. */
  async finish(): Promise<CacheUse> {
    try {
      await within(Promise.all(this.#writing), this.#patience);
    } catch (error) {
      this.#tell("writing", `${messageOf(error)}; not all entries were written`);
    }
    this[Symbol.dispose]();
    return { ...this.#use };
  }

  [Symbol.dispose](): void {
    this.#writes = false;
  }

  #write(work: () => Promise<void>): void {
    if (!this.#writes) return;
    this.#writing.push(this.#turns.run(async () => {
      if (!this.#writes) return;
      try {
        await work();
      } catch (error) {
        // What fails after the end is of no interest any more.
        if (!this.#writes) return;
        this.#writes = false;
        this.#tell("writing", `${messageOf(error)}; no more entries are written`);
      }
    }));
  }

  async #store(
    name: EntryName,
    made: LayerDigest,
    mediaType: string,
    content?: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { client, destination, trust: { signingKey } } = this.#options;
    const tag = tagOf(name);
    const statement = statementOf(name, made);
    const seen = this.#seen.get(tag);
    // Several may vouch for the same.
    const others = seen?.statement === statement ? seen.signatures : [];
    const own = signingKey ? [signingKey.sign(statement)] : [];
    const signatures = [...new Set([...own, ...others])];
    const { digest, size } = made;
    if (content) await storeBlob(client, `the content of ${tag}`, content);
    const isHere = content !== undefined || destination !== undefined &&
        await client.mountBlob(digest, destination.repository) === true;
    this.#empty ??= storeBlob(client, "the empty config", EMPTY_BLOB);
    await this.#empty;
    const layer: Descriptor | undefined = isHere ? { mediaType, digest, size } : undefined;
    await client.putManifest(tag, entryManifest({ statement, signatures }, layer));
    this.#use.written++;
  }

  /** Once of each kind. */
  #tell(kind: string, message: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    const { client, warn } = this.#options;
    warn(`cache repository ${client.host}/${client.repository}: ${message}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
