/**
 * Narinfos, kept from run to run: what a cache says of a path does not change as far as references
 * and hash go. What it has not may come at any time, so that is kept for minutes.
 *
 * Each is a file of its own: a line with the time and a checksum, and the narinfo, or nothing. A
 * file that says anything else counts as missing, and is removed. Files are replaced as a whole, so
 * programs may share the directory. Whoever reads a narinfo looks at its signatures, as if the cache
 * had just sent it.
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path/posix";
import { hashPart, type StorePath } from "../store/store_path.ts";
import { pruneNarinfos } from "./narinfo_prune.ts";

/** How long what is there counts, and what is not, in milliseconds: 30 days, as in Nix; 5 minutes. */
const POSITIVE = 30 * 86_400_000, NEGATIVE = 300_000;

/** See above. It does not matter if the directory can not be read or written: all is missing then. */
export class NarinfoCache {
  readonly #all: string;
  readonly #directory: string;
  readonly #cache: string;
  readonly #now: () => number;
  #isPruned = false;

  /**
   * @param directory for all caches; may not be there yet
   * @param cache its URL without secrets
   * @param now in milliseconds since the epoch
   */
  constructor(directory: string, cache: string, now: () => number) {
    this.#all = directory;
    this.#directory = join(directory, sha256(cache).slice(0, 32));
    this.#cache = cache;
    this.#now = now;
  }

  /** The text of a narinfo; "" if the cache did not have it; undefined if that is not known. */
  get(path: StorePath): string | undefined {
    let kept: string;
    try {
      // In step: a closure has thousands.
      kept = Deno.readTextFileSync(this.#fileOf(path));
    } catch {
      return undefined;
    }
    const end = kept.indexOf("\n") + 1;
    const text = kept.slice(end);
    const [, time = ""] = /^(\d{1,16}) /.exec(kept) ?? [];
    if (kept.slice(0, end) !== this.#lineOf(path, time, text)) return void this.remove(path);
    const age = this.#now() - Number(time);
    return age >= 0 && age < (text === "" ? NEGATIVE : POSITIVE) ? text : undefined;
  }

  /** Keeps what a cache says of a path; "" for nothing. */
  async put(path: StorePath, text: string): Promise<void> {
    const file = this.#fileOf(path);
    const temporary = `${file}.${crypto.randomUUID()}`;
    try {
      await Deno.mkdir(this.#directory, { recursive: true, mode: 0o700 });
      const line = this.#lineOf(path, `${this.#now()}`, text);
      await Deno.writeTextFile(temporary, line + text, { createNew: true, mode: 0o600 });
      await Deno.rename(temporary, file);
      // Who writes makes room.
      if (!this.#isPruned) pruneNarinfos(this.#all, this.#now());
      this.#isPruned = true;
    } catch {
      await Deno.remove(temporary).catch(() => {});
    }
  }

  /** Forgets what turned out to be wrong. */
  remove(path: StorePath): void {
    try {
      Deno.removeSync(this.#fileOf(path));
    } catch {
      // Not there, or not ours: then it can not be put there either.
    }
  }

  #fileOf(path: StorePath): string {
    return join(this.#directory, hashPart(path));
  }

  #lineOf(path: StorePath, time: string, text: string): string {
    return `${time} ${sha256([this.#cache, path, time, text].join("\n"))}\n`;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
