/**
 * Reading NARs (Nix archives), whose names are bytes.
 *
 * The format: Eelco Dolstra, "The Purely Functional Software Deployment Model", figure 5.2; what Nix
 * itself takes is what it writes, in one form alone, and so it is here.
 * @module
 */

import { decodeName } from "../tar/name.ts";
import { quoted } from "../visible.ts";
import { MORE, NarTokens, WORDS } from "./nar_tokens.ts";

/** A node of a NAR. */
export interface NarNode {
  /** Its path below the root, with a leading slash; empty for the root. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  readonly executable: boolean;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Where a symlink points; empty for others. */
  readonly target: string;
}

/** What is known of a NAR before it is read. */
export interface NarOptions {
  /** What it is the NAR of, for errors. */
  readonly of?: string;
  /** Its size in bytes. */
  readonly size?: number;
}

/** Linux has no longer name, in bytes. */
const MAX_NAME = 255;

/** Nor a longer path, in characters below the root: what is deeper has no path. */
export const MAX_NAR_PATH = 4095;

/** Nor a longer target of a symlink, in bytes. */
export const MAX_NAR_TARGET = 4095;

/** A directory that is open. */
interface OpenDirectory {
  readonly path: string;
  /** The name of its last entry, as bytes; empty if it has none yet. */
  readonly last: Uint8Array;
  lastLength: number;
}

/**
 * Reads a NAR node by node, in its order: by the bytes of the names, parents first. What no NAR of Nix
 * has is an {@linkcode ImageError}: names that lead elsewhere, that come twice or in another order,
 * unknown tags, padding other than zeros, paths and targets that Linux does not have, bytes behind
 * the end.
 */
export class NarReader {
  readonly #tokens: NarTokens;
  readonly #size: number;
  #state: "start" | "content" | "directory" | "end" | "over" = "start";
  readonly #open: OpenDirectory[] = [];
  /** The size of the current node's content, and what is left of it. */
  #contentSize = 0;
  #content = 0;
  #filling: Promise<boolean> | undefined;

  constructor(stream: ReadableStream<Uint8Array>, { of, size }: NarOptions = {}) {
    this.#tokens = new NarTokens(stream, of);
    this.#size = size ?? Number.MAX_SAFE_INTEGER;
  }

  /** Begins to read, so that something is there when it is asked for. */
  start(): void {
    this.#filling ??= this.#tokens.fill();
    // Whoever asks is told.
    this.#filling.catch(() => {});
  }

  /**
   * The next node, or undefined at the end; what was not read of the current one's content is passed
   * over. At once where enough was read of the stream.
   *
   * @throws {ImageError} if it is no NAR, or a broken one.
   */
  next(): NarNode | undefined | Promise<NarNode | undefined> {
    if (this.#filling) return this.#nextLater();
    try {
      return this.#step();
    } catch (error) {
      if (error === MORE) return this.#nextLater();
      throw error;
    }
  }

  /** Reads on in the current file's content; 0 at its end. At once where there is some already. */
  read(into: Uint8Array): number | Promise<number> {
    if (this.#content === 0 || into.length === 0) return 0;
    return this.#filling || this.#tokens.available === 0
      ? this.#readLater(into)
      : this.#readNow(into);
  }

  /** Reads no further. */
  cancel(): Promise<void> {
    return this.#tokens.cancel();
  }

  #readNow(into: Uint8Array): number {
    const length = Math.min(into.length, this.#content, this.#tokens.available);
    this.#tokens.takeInto(into.subarray(0, length));
    this.#content -= length;
    return length;
  }

  async #readLater(into: Uint8Array): Promise<number> {
    if (!await this.#fill()) throw this.#tokens.truncated();
    return this.#readNow(into);
  }

  async #nextLater(): Promise<NarNode | undefined> {
    for (;;) {
      const isMore = await this.#fill();
      if (!isMore && this.#state !== "end") throw this.#tokens.truncated();
      if (!isMore) this.#state = "over";
      try {
        return this.#step();
      } catch (error) {
        if (error !== MORE) throw error;
      }
    }
  }

  async #fill(): Promise<boolean> {
    const filling = this.#filling ?? this.#tokens.fill();
    this.#filling = undefined;
    const isMore = await filling;
    this.#tokens.begin();
    return isMore;
  }

  /**
   * The next node from what is there.
   *
   * @throws {MORE} if it is not enough: then the step is to be taken again.
   */
  #step(): NarNode | undefined {
    const tokens = this.#tokens;
    for (;;) {
      tokens.begin();
      switch (this.#state) {
        case "start":
          tokens.expect(WORDS.magic);
          return this.#node("");
        case "content":
          this.#leaveContent();
          break;
        case "directory":
          if (tokens.isNext(WORDS.entry)) return this.#entry(this.#open.at(-1)!);
          tokens.expect(WORDS.close);
          if (this.#open.length > 1) tokens.expect(WORDS.close);
          this.#open.pop();
          this.#done("directory");
          break;
        case "end":
          if (tokens.available === 0) throw MORE;
          throw tokens.broken("something follows its end");
        case "over":
          return undefined;
      }
    }
  }

  /** A step is over; the next one is in the content of a file, or in the directory that is open now. */
  #done(state: "content" | "directory"): void {
    this.#tokens.commit();
    this.#state = state === "directory" && this.#open.length === 0 ? "end" : state;
  }

  #leaveContent(): void {
    const length = Math.min(this.#content, this.#tokens.available);
    this.#tokens.take(length);
    this.#content -= length;
    if (this.#content > 0) throw MORE;
    this.#tokens.padding(this.#contentSize);
    this.#close();
    this.#done("directory");
  }

  #entry(directory: OpenDirectory): NarNode {
    const tokens = this.#tokens;
    tokens.expect(WORDS.open);
    tokens.expect(WORDS.name);
    const bytes = tokens.string(MAX_NAME, "a name");
    const name = decodeName(bytes);
    if (!isNarName(name)) throw tokens.broken(`a file of it is called ${quoted(name)}`);
    if (!isBehind(directory, bytes)) {
      throw tokens.broken(`its names are not in order, or come twice, at ${quoted(name)}`);
    }
    const path = `${directory.path}/${name}`;
    if (path.length > MAX_NAR_PATH) {
      throw tokens.broken(`a path in it is too long, ${quoted(path)}`);
    }
    tokens.expect(WORDS.node);
    const node = this.#node(path);
    // Not before the step is over, which may be taken again.
    directory.last.set(bytes);
    directory.lastLength = bytes.length;
    return node;
  }

  #node(path: string): NarNode {
    const tokens = this.#tokens;
    tokens.expect(WORDS.open);
    tokens.expect(WORDS.type);
    if (tokens.isNext(WORDS.regular)) {
      const executable = tokens.isNext(WORDS.executable);
      if (executable) tokens.expect(WORDS.none);
      tokens.expect(WORDS.contents);
      const size = tokens.number();
      if (!Number.isSafeInteger(size) || size > this.#size - tokens.offset) {
        throw tokens.broken(`${quoted(path)} in it is larger than all of it`);
      }
      this.#contentSize = this.#content = size;
      this.#done("content");
      return { path, type: "file", executable, size, target: "" };
    }
    const node = { path, executable: false, size: 0 };
    if (tokens.isNext(WORDS.directory)) {
      this.#open.push({ path, last: new Uint8Array(MAX_NAME), lastLength: 0 });
      this.#done("directory");
      return { ...node, type: "directory", target: "" };
    }
    tokens.expect(WORDS.symlink);
    tokens.expect(WORDS.target);
    const target = decodeName(tokens.string(MAX_NAR_TARGET, "a symlink's target"));
    if (target === "" || target.includes("\0")) {
      throw tokens.broken(`the symlink ${quoted(path)} in it points nowhere`);
    }
    this.#close();
    this.#done("directory");
    return { ...node, type: "symlink", target };
  }

  /** The end of a node, and of the entry that it is in. */
  #close(): void {
    this.#tokens.expect(WORDS.close);
    if (this.#open.length > 0) this.#tokens.expect(WORDS.close);
  }
}

/** Whether a directory of a NAR may have a file with this name, but for how long it may be. */
export function isNarName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

/** Whether a name comes behind the directory's last one, by bytes. */
function isBehind({ last, lastLength }: OpenDirectory, name: Uint8Array): boolean {
  for (let i = 0; i < name.length && i < lastLength; i++) {
    if (name[i] !== last[i]) return name[i]! > last[i]!;
  }
  return name.length > lastLength;
}
