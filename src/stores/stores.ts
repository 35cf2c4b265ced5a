/**
 * Several stores, of which each path is read from the first that has it: that of this host, if there
 * is one, and stores that are elsewhere.
 * @module
 */

import { ImageError } from "../errors.ts";
import { pathInCircles } from "../store/circles.ts";
import {
  type Closure,
  type ClosureSource,
  MissingPathsError,
  type PathInfo,
} from "../store/closure.ts";
import type { NarPath } from "../store/nar_path.ts";
import type { StorePath } from "../store/store_path.ts";
import type { AskedStore } from "./asked_store.ts";
import { Judge, UntrustedPathsError } from "./judge.ts";
import { namedStore, type NamedStoreOptions } from "./named_store.ts";
import { narFrom } from "./nar_from.ts";
import type { NarInfo } from "./nar_store.ts";
import type { Trust } from "./trust.ts";

/** A path that is not on the disk, as it was decided on: it is this NAR, whoever has it. */
export interface RemotePath extends PathInfo {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly narHash: string;
  /** The name of the store that it is to be read from. */
  readonly store: string;
}

/** Options of {@linkcode openStores}. */
export interface StoresOptions extends NamedStoreOptions {
  /** What is on the disk, and read from there. */
  readonly local?: ClosureSource | undefined;
  readonly trust: Trust;
  /**
   * What was decided earlier ({@linkcode Stores.infos}): nobody is asked about these paths, and no
   * signature is looked at; the NARs have to be what they were.
   */
  readonly decided?: ReadonlyMap<StorePath, RemotePath>;
}

/** Several stores. Disposing of them closes their connections. */
export interface Stores extends ClosureSource, AsyncDisposable {
  /**
   * Finds out where these are, and not what they refer to. What is nowhere stays unknown.
   *
   * @throws {UntrustedPathsError} if one is only where it does not count.
   */
  find(paths: readonly StorePath[]): Promise<void>;
  /**
   * As {@linkcode Stores.find}, for what has to be somewhere.
   *
   * @throws {MissingPathsError} if one is not.
   */
  need(paths: readonly StorePath[]): Promise<void>;
  /**
   * How to read a path that was asked for, be it as a part of a closure; undefined for one that is on
   * the disk, or not known.
   */
  narOf(path: StorePath): NarPath | undefined;
  /** All that is known by now of what is not on the disk. */
  infos(): ReadonlyMap<StorePath, RemotePath>;
}

/**
 * Stores by their URLs ({@linkcode namedStore}), in the order in which they are to be asked.
 *
 * @throws {UsageError} if a URL is none of a store.
 */
export function openStores(urls: readonly string[], options: StoresOptions): Stores {
  const judge = new Judge(options.trust);
  using stores = new DisposableStack();
  const opened = urls.map((url) => stores.use(namedStore(url, options, judge)));
  stores.move();
  return new OrderedStores(opened, options, judge);
}

/** Why a path that is there does not count, and what it is said to refer to. */
interface Objection {
  readonly reasons: string[];
  readonly references: readonly StorePath[];
}

/** More than any closure has: what goes on and on is not one. */
const MOST_PATHS = 200_000, MOST_REFERENCES = 5_000_000, MOST_STEPS = 2000;
/** So many paths are asked for before they are counted. */
const AT_ONCE = 500;
const REMEDY = "give a store that has them with --store, or build them";

class OrderedStores implements Stores {
  readonly #stores: readonly AskedStore[];
  readonly #local: ClosureSource | undefined;
  readonly #judge: Judge;
  readonly #found: Map<StorePath, RemotePath>;
  /** Of what is there, and does not count: why. */
  readonly #objections = new Map<StorePath, Objection>();
  /** What is known to be on the disk. */
  readonly #here = new Set<StorePath>();
  /** Each path is there but once, however many refer to it. */
  readonly #paths = new Map<string, StorePath>();
  #references = 0;

  constructor(
    stores: readonly AskedStore[],
    { local, decided }: StoresOptions,
    judge: Judge,
  ) {
    this.#stores = stores;
    this.#local = local;
    this.#judge = judge;
    this.#found = new Map(decided);
  }

  async closureOf(roots: readonly StorePath[]): Promise<Closure> {
    const closure = new Map<StorePath, PathInfo>();
    const missing: StorePath[] = [], untrusted = new Map<StorePath, string[]>();
    const seen = new Set<StorePath>(roots);
    let steps = 0;
    for (let level = [...seen]; level.length > 0; steps++) {
      // Each waits for the one before it.
      if (steps > MOST_STEPS) throw this.#tooDeep(level[0]!);
      const references: StorePath[] = [];
      const away = await this.#addLocal(level, closure);
      await this.#find(away);
      for (const path of away) {
        const found = this.#found.get(path), objection = this.#objections.get(path);
        if (found !== undefined) closure.set(path, found);
        else if (objection !== undefined) untrusted.set(path, objection.reasons);
        else missing.push(path);
        // All that is not trusted is told of at once.
        references.push(...(found ?? objection)?.references ?? []);
      }
      level = references.filter((path) => !seen.has(path) && !closure.has(path) && seen.add(path));
    }
    if (untrusted.size > 0) throw new UntrustedPathsError(untrusted, this.#failures().join("\n  "));
    if (missing.length > 0) throw new MissingPathsError(missing, this.#names(), this.#remedy());
    const circular = pathInCircles(closure);
    if (circular === undefined) return closure;
    throw new ImageError(
      `${this.#found.get(circular)?.store ?? "A store"} says of ${circular} that it refers to ` +
        "itself by way of others: no store has that",
    );
  }

  async missing(paths: readonly StorePath[]): Promise<StorePath[]> {
    const away = await this.#missingHere(paths);
    await this.#find(away);
    return away.filter((path) => !this.#found.has(path) && !this.#objections.has(path));
  }

  async find(paths: readonly StorePath[]): Promise<void> {
    const away = await this.#missingHere(paths.filter((path) => !this.#here.has(path)));
    await this.#find(away);
    const objections = away.flatMap((path) => {
      const objection = this.#found.has(path) ? undefined : this.#objections.get(path);
      return objection === undefined ? [] : [[path, objection.reasons] as const];
    });
    if (objections.length > 0) {
      throw new UntrustedPathsError(new Map(objections), this.#failures().join("\n  "));
    }
  }

  async need(paths: readonly StorePath[]): Promise<void> {
    const missing = await this.missing(paths);
    if (missing.length > 0) throw new MissingPathsError(missing, this.#names(), this.#remedy());
    await this.find(paths);
  }

  narOf(path: StorePath): NarPath | undefined {
    const found = this.#found.get(path);
    if (found === undefined) return undefined;
    // Wherever it comes from, it has to be the same.
    const inOrder = this.#stores.toSorted((a, b) =>
      Number(b.name === found.store) - Number(a.name === found.store)
    );
    return narFrom(inOrder, path, found);
  }

  infos(): ReadonlyMap<StorePath, RemotePath> {
    return this.#found;
  }

  async #missingHere(paths: readonly StorePath[]): Promise<readonly StorePath[]> {
    const undecided = paths.filter((path) => !this.#found.has(path));
    if (this.#local === undefined || undecided.length === 0) return paths;
    const missing = new Set(await this.#local.missing(undecided));
    return paths.filter((path) => missing.has(path) || this.#found.has(path));
  }

  /** Adds what is on the disk, with all that it refers to; returns the others. */
  async #addLocal(
    paths: readonly StorePath[],
    closure: Map<StorePath, PathInfo>,
  ): Promise<readonly StorePath[]> {
    const missing = await this.#missingHere(paths);
    if (missing.length === paths.length || this.#local === undefined) return missing;
    const away = new Set(missing);
    const here = paths.filter((path) => !away.has(path));
    for (const [path, info] of await this.#local.closureOf(here)) {
      closure.set(path, info);
      this.#here.add(path);
    }
    return missing;
  }

  /** Asks the stores in order for what is not known yet. */
  async #find(paths: readonly StorePath[]): Promise<void> {
    let left = paths.filter((path) => !this.#found.has(path) && !this.#objections.has(path));
    if (left.length === 0) return;
    for (const store of this.#stores) {
      for (let at = 0; at < left.length; at += AT_ONCE) {
        const infos = await store.infosOf(left.slice(at, at + AT_ONCE));
        for (const [path, info] of infos) {
          const objection = store.isTrusted ? undefined : this.#judge.objection(path, info);
          if (objection === undefined) this.#take(path, info, store.name);
          else this.#object(path, info, store.name, objection);
        }
      }
      left = left.filter((path) => !this.#found.has(path));
      if (left.length === 0) return;
    }
  }

  #take(path: StorePath, info: NarInfo, store: string): void {
    const { refersToItself, narSize, narHash } = info;
    this.#objections.delete(path);
    this.#found.set(path, {
      references: this.#counted(info.references, store),
      ...refersToItself ? { refersToItself } : {},
      narSize,
      narHash,
      store,
    });
  }

  #object(path: StorePath, info: NarInfo, store: string, reason: string): void {
    const text = `${store} has it, and it ${reason}`;
    const known = this.#objections.get(path);
    if (known !== undefined) return void known.reasons.push(text);
    const references = this.#counted(info.references, store);
    this.#objections.set(path, { reasons: [text], references });
  }

  /** @throws {ImageError} if there are too many by now. */
  #counted(references: readonly StorePath[], store: string): StorePath[] {
    this.#references += references.length;
    const paths = references.map((reference) => this.#one(reference));
    if (this.#paths.size <= MOST_PATHS && this.#references <= MOST_REFERENCES) return paths;
    throw new ImageError(
      `${store}: the closure has more than ${MOST_PATHS} paths, or ${MOST_REFERENCES} references`,
    );
  }

  #one(path: StorePath): StorePath {
    const known = this.#paths.get(path);
    if (known === undefined) this.#paths.set(path, path);
    return known ?? path;
  }

  /** Of the stores that can not be reached. */
  #failures(): string[] {
    return this.#stores.flatMap(({ name, failure }) =>
      failure === undefined ? [] : [`${name} can not be reached: ${failure.message}`]
    );
  }

  #remedy(): string {
    const failures = this.#failures();
    return failures.length === 0 ? REMEDY : `${failures.join("; ")}. See to that, or ${REMEDY}`;
  }

  #tooDeep(path: StorePath): ImageError {
    return new ImageError(
      `${this.#names()}: ${path} is more than ${MOST_STEPS} references away from what was asked ` +
        "for: no closure is as deep",
    );
  }

  #names(): string {
    const names = this.#stores.map(({ name }) => name);
    return [...this.#local ? ["the Nix store"] : [], ...names].join(" or ");
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) store[Symbol.dispose]();
    return Promise.resolve();
  }
}
