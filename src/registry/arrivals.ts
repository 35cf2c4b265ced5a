/**
 * How much of an image has arrived, by the files that grow while another program writes them.
 * @module
 */

import { join } from "node:path";

/** Wants to know how far that is. */
export interface ArrivalWatcher {
  /** So many bytes are there now, of so many if that is known. */
  arrived(bytes: number, total: number | undefined): void;
  /** No more come, or there was a failure. */
  finish(): void;
}

const INTERVAL = 200;

/**
 * Looks at the files in a directory now and then, which need not be there yet, until it is disposed
 * of. Files that are renamed stay what they are, and those that go have arrived.
 */
export class Arrivals implements Disposable {
  readonly #directory: string;
  readonly #total: number | undefined;
  readonly #watcher: ArrivalWatcher;
  readonly #timer: ReturnType<typeof setInterval>;
  /** By inode. */
  #sizes = new Map<number, number>();
  #arrived = 0;

  /** @param total in bytes, if it is known */
  constructor(directory: string, total: number | undefined, watcher: ArrivalWatcher) {
    this.#directory = directory;
    this.#total = total;
    this.#watcher = watcher;
    this.#timer = setInterval(() => this.#look(), INTERVAL);
  }

  #look(): void {
    const sizes = new Map<number, number>();
    try {
      for (const { name, isFile } of Deno.readDirSync(this.#directory)) {
        if (!isFile) continue;
        const { ino, size } = Deno.lstatSync(join(this.#directory, name));
        if (ino !== null) sizes.set(ino, size);
      }
    } catch {
      // Not there yet, or just renamed: next time.
      return;
    }
    for (const [ino, size] of sizes) {
      const before = this.#sizes.get(ino) ?? 0;
      // A smaller one is a new one in its place.
      this.#arrived += size < before ? size : size - before;
    }
    this.#sizes = sizes;
    this.#watcher.arrived(this.#arrived, this.#total);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#watcher.finish();
  }
}
