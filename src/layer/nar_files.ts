/**
 * The files of a store path in the order of a layer, while its NAR comes.
 *
 * Both go by the names, parents first: a NAR by their bytes, a layer by their code points, where a byte
 * that is not UTF-8 is one from U+DC80 on. So the orders differ at a name with such a byte, and at one
 * with a character from U+E000 on, beside which there may be such a name: what begins with the same
 * characters, up to that one, is held back in a file until all of it is there.
 * @module
 */

import { ImageError } from "../errors.ts";
import { type NarNode, NarReader } from "../store/nar.ts";
import { comparePaths, treeEntryOf } from "../store/nar_entries.ts";
import type { NarPath } from "../store/nar_path.ts";
import type { StorePath } from "../store/store_path.ts";
import type { TreeEntry } from "../store/tree.ts";
import { readAt } from "../tar/byte_source.ts";
import type { Content } from "../tar/stream.ts";
import { spoolFile, spooling } from "./spool_file.ts";

/** A file as it comes. */
export interface NarFile {
  readonly entry: TreeEntry;
  /** Opens its content, once, before the next file is asked for. */
  readonly open: () => Content;
}

/** Names are held back in memory: no store path has more than a few. */
const MAX_HELD = 100_000;

/** How much of a content is held back at a time, in bytes. */
const CHUNK = 1 << 18;

/** See above. */
export class NarFiles {
  readonly #path: StorePath;
  readonly #reader: NarReader;
  readonly #spool: () => Promise<string>;
  /** What was held back and is in order now. */
  #held: NarFile[] = [];
  #file: Deno.FsFile | undefined;
  /** What came behind that. */
  #behind: NarNode | undefined;

  /**
   * Opens the NAR.
   *
   * @param spool gives a private directory for what is held back
   */
  constructor(path: StorePath, nar: NarPath, spool: () => Promise<string>) {
    this.#path = path;
    this.#reader = new NarReader(nar.open(), {
      of: `${path} from ${nar.from}`,
      size: nar.narSize,
    });
    this.#spool = spool;
  }

  /** Begins to read, so that something is there when it is asked for. */
  start(): void {
    this.#reader.start();
  }

  /**
   * The next file; undefined when the NAR was read to its end, and found to be the right one.
   *
   * @throws {ImageError} if it can not be read, or is another one.
   */
  next(): NarFile | undefined | Promise<NarFile | undefined> {
    const held = this.#held.shift();
    if (held) return held;
    if (this.#behind) {
      const node = this.#behind;
      this.#behind = undefined;
      return this.#fileOf(node);
    }
    const next = this.#reader.next();
    return next instanceof Promise ? next.then((node) => this.#fileOf(node)) : this.#fileOf(next);
  }

  /** Reads no further. */
  async close(): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    // What failed can not be cancelled, and whoever reads has been told.
    await this.#reader.cancel().catch(() => {});
  }

  #fileOf(node: NarNode | undefined): NarFile | undefined | Promise<NarFile | undefined> {
    if (node === undefined) return undefined;
    const odd = placeOfOdd(node.path);
    if (odd !== -1) return this.#hold(node, node.path.slice(0, odd));
    return {
      entry: treeEntryOf(this.#path, node),
      open: () => ({ read: (into) => this.#reader.read(into), close: () => {} }),
    };
  }

  /** Reads all whose paths begin with `start`, and puts them in order. */
  async #hold(first: NarNode, start: string): Promise<NarFile | undefined> {
    const held: NarFile[] = [];
    let node: NarNode | undefined = first, offset = 0;
    for (; node?.path.startsWith(start); node = await this.#reader.next()) {
      if (held.length === MAX_HELD) {
        throw new ImageError(`${this.#path} has too many files beside names that are not UTF-8`);
      }
      const { size } = node, at = offset;
      if (size > 0) await this.#keep(size, at);
      offset += size;
      held.push({ entry: treeEntryOf(this.#path, node), open: () => this.#kept(size, at) });
    }
    this.#behind = node;
    this.#held = held.sort((a, b) => comparePaths(a.entry, b.entry));
    return this.#held.shift();
  }

  /** Writes the current content to the file. */
  async #keep(size: number, offset: number): Promise<void> {
    this.#file ??= spoolFile(await this.#spool());
    const buffer = new Uint8Array(Math.min(size, CHUNK));
    const file = this.#file;
    for (let kept = 0; kept < size;) {
      const length = await this.#reader.read(buffer);
      spooling(() => {
        file.seekSync(offset + kept, Deno.SeekMode.Start);
        for (let at = 0; at < length;) at += file.writeSync(buffer.subarray(at, length));
      });
      kept += length;
    }
  }

  #kept(size: number, offset: number): Content {
    let at = 0;
    return {
      read: (into) => {
        const part = into.subarray(0, size - at), file = this.#file;
        if (part.length === 0 || file === undefined) return 0;
        const length = spooling(() => readAt(file, offset + at, part));
        at += length;
        return length;
      },
      close: () => {},
    };
  }
}

/** Where in a path the orders may begin to differ; -1 if they do not. */
function placeOfOdd(path: string): number {
  for (let i = path.length - 1; i >= 0; i--) {
    // Surrogates stand for bytes, or for a character beyond U+FFFF.
    if (path.charCodeAt(i) >= 0xd800) return path.search(/[\ud800-\uffff]/);
  }
  return -1;
}
