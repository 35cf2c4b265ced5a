/**
 * Reading NARs (Nix archives), whose names are bytes.
 *
 * The format: Eelco Dolstra, "The Purely Functional Software Deployment Model", figure 5.2; what Nix
 * itself takes is what it writes, in one form alone, and so it is here.
 * @module
 */

import { ImageError } from "../errors.ts";
import { FilledBuffer } from "../tar/filled_buffer.ts";
import { decodeName } from "../tar/name.ts";
import { quoted } from "../visible.ts";

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

/** The stream ended within the NAR. */
export class TruncatedNarError extends ImageError {
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

/** Nor a longer path, in characters below the root; what is deeper has no path. */
export const MAX_NAR_PATH = 4095;

/** Nor a longer target of a symlink, in bytes. */
export const MAX_NAR_TARGET = 4095;

/** No tag is longer; of what stands in the place of one, an error shows no more. */
const MAX_TAG = 128;

/** More than a parser ever needs at once: a directory's entry up to its content or target. */
const BUFFER_SIZE = 1 << 19;

/** A number, and what all strings are padded to. */
const WORD = 8;

const TAG = {
  magic: tagBytes("nix-archive-1"),
  open: tagBytes("("),
  close: tagBytes(")"),
  type: tagBytes("type"),
  regular: tagBytes("regular"),
  executable: tagBytes("executable"),
  none: tagBytes(""),
  contents: tagBytes("contents"),
  directory: tagBytes("directory"),
  entry: tagBytes("entry"),
  name: tagBytes("name"),
  node: tagBytes("node"),
  symlink: tagBytes("symlink"),
  target: tagBytes("target"),
} as const;

/** Thrown where what is there of the stream does not do; never leaves the reader. */
class MoreNeeded extends Error {}
const MORE = new MoreNeeded();

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
 * unknown tags, padding other than zeros, paths and targets that Linux does not have, bytes behind the end.
 */
export class NarReader {
  readonly #buffer: FilledBuffer;
  readonly #what: string;
  readonly #size: number;
  /** How many bytes were taken before those of the buffer. */
  #taken = 0;
  /** Where in the buffer the parser is; what is before it is taken when the step is done. */
  #at = 0;
  #state: "start" | "content" | "directory" | "end" | "over" = "start";
  readonly #open: OpenDirectory[] = [];
  /** What is left of the current node's content, and the zeros behind it. */
  #content = 0;
  #zeros = 0;
  #filling: Promise<boolean> | undefined;

  constructor(stream: ReadableStream<Uint8Array>, { of, size }: NarOptions = {}) {
    this.#buffer = new FilledBuffer(stream, BUFFER_SIZE);
    this.#what = of === undefined ? "The NAR" : `The NAR of ${of}`;
    this.#size = size ?? Number.MAX_SAFE_INTEGER;
  }

  /** Begins to read, so that something is there when it is asked for. */
  start(): void {
    this.#filling ??= this.#buffer.fill();
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
    const { start, end } = this.#buffer;
    return this.#filling || start === end ? this.#readLater(into) : this.#readNow(into);
  }

  /** Reads no further. */
  cancel(): Promise<void> {
    return this.#buffer.cancel();
  }

  #readNow(into: Uint8Array): number {
    const { bytes, start, end } = this.#buffer;
    const length = Math.min(into.length, this.#content, end - start);
    into.set(bytes.subarray(start, start + length));
    this.#take(length);
    this.#content -= length;
    return length;
  }

  async #readLater(into: Uint8Array): Promise<number> {
    if (!await this.#fill()) throw this.#truncated();
    return this.#readNow(into);
  }

  async #nextLater(): Promise<NarNode | undefined> {
    for (;;) {
      const isMore = await this.#fill();
      if (!isMore && this.#state !== "end") throw this.#truncated();
      if (!isMore) this.#state = "over";
      try {
        return this.#step();
      } catch (error) {
        if (error !== MORE) throw error;
      }
    }
  }

  async #fill(): Promise<boolean> {
    const filling = this.#filling ?? this.#buffer.fill();
    this.#filling = undefined;
    return await filling;
  }

  #take(length: number): void {
    this.#buffer.take(length);
    this.#taken += length;
  }

  /**
   * The next node from what is there.
   *
   * @throws {MORE} if it is not enough: then the step is to be taken again.
   */
  #step(): NarNode | undefined {
    for (;;) {
      this.#at = this.#buffer.start;
      switch (this.#state) {
        case "start":
          this.#expect(TAG.magic);
          return this.#node("");
        case "content":
          this.#leaveContent();
          break;
        case "directory": {
          const directory = this.#open.at(-1)!;
          if (this.#isNext(TAG.entry)) return this.#entry(directory);
          this.#expect(TAG.close);
          if (this.#open.length > 1) this.#expect(TAG.close);
          this.#open.pop();
          this.#done();
          break;
        }
        case "end":
          if (this.#buffer.end === this.#at) throw MORE;
          throw this.#broken("something follows its end");
        case "over":
          return undefined;
      }
    }
  }

  /** What was parsed is over; the next step is in the directory that is open now. */
  #done(state: "content" | "directory" = "directory"): void {
    this.#take(this.#at - this.#buffer.start);
    this.#state = state === "directory" && this.#open.length === 0 ? "end" : state;
  }

  #leaveContent(): void {
    const { start, end } = this.#buffer;
    const length = Math.min(this.#content, end - start);
    this.#take(length);
    this.#content -= length;
    this.#at = this.#buffer.start;
    if (this.#content > 0) throw MORE;
    this.#padding(this.#zeros);
    this.#close();
    this.#done();
  }

  #entry(directory: OpenDirectory): NarNode {
    this.#expect(TAG.open);
    this.#expect(TAG.name);
    const length = this.#length(MAX_NAME, "a name");
    const at = this.#string(length);
    const { bytes } = this.#buffer;
    const name = decodeName(bytes.subarray(at, at + length));
    if (!isNarName(name)) {
      throw this.#broken(`a file of it is called ${quoted(name)}`);
    }
    if (!isBehind(directory, bytes, at, length)) {
      throw this.#broken(`its names are not in order, or come twice, at ${quoted(name)}`);
    }
    const path = `${directory.path}/${name}`;
    if (path.length > MAX_NAR_PATH) throw this.#broken(`a path in it is too long, ${quoted(path)}`);
    this.#expect(TAG.node);
    const node = this.#node(path, () => {
      directory.last.set(bytes.subarray(at, at + length));
      directory.lastLength = length;
    });
    return node;
  }

  /** @param parsed called when it is there as a whole */
  #node(path: string, parsed?: () => void): NarNode {
    this.#expect(TAG.open);
    this.#expect(TAG.type);
    let type: NarNode["type"], executable = false, size = 0, target = "";
    let state: "content" | "directory" = "directory";
    if (this.#isNext(TAG.regular)) {
      type = "file";
      executable = this.#isNext(TAG.executable);
      if (executable) this.#expect(TAG.none);
      this.#expect(TAG.contents);
      size = this.#number();
      const left = this.#size - this.#taken - (this.#at - this.#buffer.start);
      if (!Number.isSafeInteger(size) || size > left) {
        throw this.#broken(`${quoted(path)} in it is larger than all of it`);
      }
      state = "content";
    } else if (this.#isNext(TAG.directory)) {
      type = "directory";
    } else {
      this.#expect(TAG.symlink);
      type = "symlink";
      this.#expect(TAG.target);
      const length = this.#length(MAX_NAR_TARGET, "a symlink's target");
      const at = this.#string(length);
      target = decodeName(this.#buffer.bytes.subarray(at, at + length));
      if (target === "" || target.includes("\0")) {
        throw this.#broken(`the symlink ${quoted(path)} in it points nowhere`);
      }
      this.#close();
    }
    parsed?.();
    if (type === "directory") {
      this.#open.push({ path, last: new Uint8Array(MAX_NAME), lastLength: 0 });
    }
    this.#content = size;
    this.#zeros = paddingOf(size);
    this.#done(state);
    return { path, type, executable, size, target };
  }

  /** The end of a node, and of the entry that it is in. */
  #close(): void {
    this.#expect(TAG.close);
    if (this.#open.length > 0) this.#expect(TAG.close);
  }

  /** Passes over this tag if it comes next. */
  #isNext(tag: Uint8Array): boolean {
    this.#need(WORD);
    const { bytes } = this.#buffer;
    for (let i = 0; i < WORD; i++) if (bytes[this.#at + i] !== tag[i]) return false;
    this.#need(tag.length);
    for (let i = WORD; i < tag.length; i++) if (bytes[this.#at + i] !== tag[i]) return false;
    this.#at += tag.length;
    return true;
  }

  #expect(tag: Uint8Array): void {
    if (this.#isNext(tag)) return;
    const length = this.#length(MAX_TAG, "a tag");
    const at = this.#string(length);
    const found = decodeName(this.#buffer.bytes.subarray(at, at + length));
    throw this.#broken(`${quoted(found)} is where ${quoted(textOf(tag))} should be`);
  }

  /** The length of a string. */
  #length(most: number, what: string): number {
    const length = this.#number();
    if (length > most) throw this.#broken(`${what} is too long`);
    return length;
  }

  /** Passes over a string and gives where it began. */
  #string(length: number): number {
    this.#need(length);
    const at = this.#at;
    this.#at += length;
    this.#padding(paddingOf(length));
    return at;
  }

  #padding(length: number): void {
    this.#need(length);
    for (let i = 0; i < length; i++) {
      if (this.#buffer.bytes[this.#at + i] !== 0) {
        throw this.#broken("its padding is not of zeros");
      }
    }
    this.#at += length;
  }

  /** A number; those that are not exact in JavaScript are larger than any that is. */
  #number(): number {
    this.#need(WORD);
    let number = 0;
    for (let i = WORD - 1; i >= 0; i--) number = number * 256 + this.#buffer.bytes[this.#at + i]!;
    this.#at += WORD;
    return number;
  }

  #need(length: number): void {
    if (this.#buffer.end - this.#at < length) throw MORE;
  }

  #truncated(): TruncatedNarError {
    return new TruncatedNarError(`${this.#what} ends too early`);
  }

  #broken(why: string): ImageError {
    return new ImageError(`${this.#what} is none, or broken: ${why}`);
  }
}

/** Whether a directory of a NAR may have a file with this name, but for how long it may be. */
export function isNarName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
}

function paddingOf(size: number): number {
  return (WORD - size % WORD) % WORD;
}

/** A string as a NAR has it: its length, itself, zeros up to the next word. */
function tagBytes(tag: string): Uint8Array {
  const bytes = new Uint8Array(WORD + tag.length + paddingOf(tag.length));
  bytes[0] = tag.length;
  bytes.set(new TextEncoder().encode(tag), WORD);
  return bytes;
}

function textOf(tag: Uint8Array): string {
  return new TextDecoder().decode(tag.subarray(WORD, WORD + tag[0]!));
}

/** Whether a name comes behind the directory's last one, by bytes. */
function isBehind(
  { last, lastLength }: OpenDirectory,
  bytes: Uint8Array,
  at: number,
  length: number,
): boolean {
  for (let i = 0; i < length && i < lastLength; i++) {
    if (bytes[at + i] !== last[i]) return bytes[at + i]! > last[i]!;
  }
  return length > lastLength;
}
