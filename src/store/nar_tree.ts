/**
 * Store paths with names that are not UTF-8. Deno's file API can neither show nor open them;
 * `nix-store --dump` gives the path as a NAR, in which names are bytes.
 * @module
 */

import { ImageError } from "../errors.ts";
import { type Running, start } from "../process/run.ts";
import { isUtf8 } from "../tar/name.ts";
import type { Content } from "../tar/stream.ts";
import { openFile } from "./files.ts";
import { type NarNode, NarReader } from "./nar.ts";
import { comparePaths, treeEntryOf } from "./nar_entries.ts";
import { TruncatedNarError } from "./nar_tokens.ts";
import type { TreeEntry } from "./tree.ts";

/** The files of one store path or other directory, read through its NAR where they must be. */
export class NarTree {
  readonly #physical: string;
  readonly #path: string;
  /** The NAR that contents are being read from, and how far it has come. */
  #dump: Dump | undefined;

  private constructor(path: string, root: string, readonly entries: readonly TreeEntry[]) {
    this.#path = path;
    this.#physical = root + path;
  }

  /** Lists a store path, or any directory: one run of `nix-store --dump`. */
  static async list(path: string, root: string): Promise<NarTree> {
    const entries: TreeEntry[] = [];
    const dump = new Dump(root + path);
    try {
      for (let node = await dump.next(); node; node = await dump.next()) {
        entries.push(treeEntryOf(path, node));
      }
      await dump.end();
    } finally {
      await dump.stop();
    }
    return new NarTree(path, root, entries.sort(comparePaths));
  }

  /** Opens the content of a file of {@linkcode entries}. */
  async open(entry: TreeEntry): Promise<Content> {
    const below = entry.path.slice(this.#path.length);
    if (isUtf8(below)) return openFile(this.#physical + below);
    // Files are asked for in the order of their names, which is nearly that of the NAR.
    let dump = this.#dump ??= new Dump(this.#physical);
    for (let again = false;;) {
      const node = await dump.next();
      if (node?.path === below) {
        if (node.type === "file" && node.size === entry.size) {
          return { read: (into) => dump.read(into), close: () => {} };
        }
        throw new ImageError(`${entry.path} changed while its store path was read`);
      }
      if (node) continue;
      if (again) throw new ImageError(`${entry.path} went away while its store path was read`);
      again = true;
      await dump.stop();
      dump = this.#dump = new Dump(this.#physical);
    }
  }

  /** Ends what is still running. */
  async close(): Promise<void> {
    await this.#dump?.stop();
    this.#dump = undefined;
  }
}

/** A run of `nix-store --dump`. */
class Dump {
  #running: Running;
  #reader: NarReader;

  constructor(physical: string) {
    this.#running = start("nix-store", ["--dump", physical]);
    this.#reader = new NarReader(this.#running.stdout, { of: physical });
  }

  next(): Promise<NarNode | undefined> {
    return this.#failingAsProgram(() => this.#reader.next());
  }

  read(into: Uint8Array): Promise<number> {
    return this.#failingAsProgram(() => this.#reader.read(into));
  }

  end(): Promise<void> {
    return this.#running.finished();
  }

  async stop(): Promise<void> {
    await this.#reader.cancel();
    await this.#running.stop();
  }

  /** A NAR that breaks off is the consequence of a program that failed: say why it did. */
  async #failingAsProgram<T>(read: () => T | Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof TruncatedNarError) await this.#running.finished();
      throw error;
    }
  }
}
