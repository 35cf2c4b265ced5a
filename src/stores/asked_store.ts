/**
 * Stores that need not be there.
 * @module
 */

import type { ImageError } from "../errors.ts";
import type { StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";
import type { NarInfo, NarStore } from "./nar_store.ts";
import { isUnreachable } from "./unreachable.ts";

/**
 * A store that has nothing any more once it could not be reached: to try again for each path would
 * take for ever.
 */
export class AskedStore implements NarStore {
  readonly name: string;
  readonly #store: NarStore;
  readonly #onWarning: (message: string) => void;
  #failure: ImageError | undefined;

  /**
   * @param isTrusted whether what it says counts without signatures
   * @param onWarning told once that it can not be reached
   */
  constructor(
    store: NarStore,
    readonly isTrusted: boolean,
    onWarning: (message: string) => void,
  ) {
    this.name = store.name;
    this.#store = store;
    this.#onWarning = onWarning;
  }

  /** Why it can not be reached; undefined as long as it may be. */
  get failure(): ImageError | undefined {
    return this.#failure;
  }

  async infosOf(paths: readonly StorePath[]): Promise<ReadonlyMap<StorePath, NarInfo>> {
    if (this.#failure !== undefined) return new Map();
    try {
      return await this.#store.infosOf(paths);
    } catch (error) {
      if (this.leftOut(error)) return new Map();
      throw error;
    }
  }

  /** Whoever reads it has to say how it fails ({@linkcode leftOut}). */
  open(path: StorePath, info: NarInfo): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#store.open(path, info);
  }

  async entriesOf(path: StorePath): Promise<readonly TreeEntry[] | undefined> {
    if (this.#failure !== undefined) return undefined;
    try {
      return await this.#store.entriesOf(path);
    } catch (error) {
      if (this.leftOut(error)) return undefined;
      throw error;
    }
  }

  /** Whether this failure, of this store, says that it can not be reached. */
  leftOut(error: unknown): boolean {
    if (!isUnreachable(error)) return false;
    if (this.#failure !== undefined) return true;
    this.#failure = error as ImageError;
    this.#onWarning(`${this.#failure.message}; ${this.name} is not asked any more`);
    return true;
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }
}
