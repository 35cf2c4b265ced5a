/**
 * What NARs are made of: strings, each padded with zeros, of which most are known words.
 *
 * All is parsed without waiting, from what was read of the stream. Where that is not enough,
 * {@linkcode MORE} is thrown: then there is more to be read, and the step to be taken again.
 * @module
 */

import { ImageError } from "../errors.ts";
import { FilledBuffer } from "../tar/filled_buffer.ts";
import { decodeName } from "../tar/name.ts";
import { quoted } from "../visible.ts";

/** The stream ended within the NAR. */
export class TruncatedNarError extends ImageError {
}

/** Thrown where what is there of the stream does not do; never leaves the reader. */
export const MORE: Error = new Error();

/** A number has so many bytes, and strings are padded to a multiple of it. */
const UNIT = 8;

/** The words, as a NAR has them. */
export const WORDS = {
  magic: wordBytes("nix-archive-1"),
  open: wordBytes("("),
  close: wordBytes(")"),
  type: wordBytes("type"),
  regular: wordBytes("regular"),
  executable: wordBytes("executable"),
  none: wordBytes(""),
  contents: wordBytes("contents"),
  directory: wordBytes("directory"),
  entry: wordBytes("entry"),
  name: wordBytes("name"),
  node: wordBytes("node"),
  symlink: wordBytes("symlink"),
  target: wordBytes("target"),
} as const;

/** No word is longer; of what stands in the place of one, an error shows no more. */
const MAX_WORD = 128;

/** More than is ever asked for at once: a directory's entry up to its content or target. */
const BUFFER_SIZE = 1 << 19;

/** See above. */
export class NarTokens {
  readonly #buffer: FilledBuffer;
  readonly #what: string;
  /** How many bytes of the NAR come before those that are not taken yet. */
  #taken = 0;
  /** Where in the buffer the next token is. */
  #at = 0;

  /** @param of what it is the NAR of, for errors */
  constructor(stream: ReadableStream<Uint8Array>, of: string | undefined) {
    this.#buffer = new FilledBuffer(stream, BUFFER_SIZE);
    this.#what = of === undefined ? "The NAR" : `The NAR of ${of}`;
  }

  /** How many bytes of the NAR come before the next token. */
  get offset(): number {
    return this.#taken + this.#at - this.#buffer.start;
  }

  /** How many bytes are there from the next token on. */
  get available(): number {
    return this.#buffer.end - this.#at;
  }

  /** Waits for more bytes; false at the stream's end. */
  fill(): Promise<boolean> {
    return this.#buffer.fill();
  }

  /** Reads no further. */
  cancel(): Promise<void> {
    return this.#buffer.cancel();
  }

  /** Begins a step, perhaps again. */
  begin(): void {
    this.#at = this.#buffer.start;
  }

  /** Ends a step: what was read in it will not be read again. */
  commit(): void {
    this.take(this.#at - this.#buffer.start);
  }

  /** Passes over so many bytes of those that are there, at the beginning of a step. */
  take(length: number): void {
    this.#buffer.take(length);
    this.#taken += length;
    this.#at = this.#buffer.start;
  }

  /** The same, into memory. */
  takeInto(into: Uint8Array): void {
    const { bytes, start } = this.#buffer;
    into.set(bytes.subarray(start, start + into.length));
    this.take(into.length);
  }

  /** Passes over this word if it comes next. */
  isNext(word: Uint8Array): boolean {
    this.#need(UNIT);
    const { bytes } = this.#buffer;
    for (let i = 0; i < UNIT; i++) if (bytes[this.#at + i] !== word[i]) return false;
    this.#need(word.length);
    for (let i = UNIT; i < word.length; i++) if (bytes[this.#at + i] !== word[i]) return false;
    this.#at += word.length;
    return true;
  }

  /** Passes over this word. */
  expect(word: Uint8Array): void {
    if (this.isNext(word)) return;
    const found = decodeName(this.string(MAX_WORD, "a tag"));
    const expected = decodeName(word.subarray(UNIT, UNIT + word[0]!));
    throw this.broken(`${quoted(found)} is where ${quoted(expected)} should be`);
  }

  /** A string, in memory that is another's after the step. */
  string(most: number, what: string): Uint8Array {
    const length = this.number();
    if (length > most) throw this.broken(`${what} is too long`);
    this.#need(length);
    const text = this.#buffer.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    this.padding(length);
    return text;
  }

  /** A number; those that are not exact in JavaScript are larger than any that is. */
  number(): number {
    this.#need(UNIT);
    const { bytes } = this.#buffer;
    let number = 0;
    for (let i = UNIT - 1; i >= 0; i--) number = number * 256 + bytes[this.#at + i]!;
    this.#at += UNIT;
    return number;
  }

  /** The zeros behind a string of this length. */
  padding(length: number): void {
    const zeros = paddingOf(length);
    this.#need(zeros);
    const { bytes } = this.#buffer;
    for (let i = 0; i < zeros; i++) {
      if (bytes[this.#at + i] !== 0) throw this.broken("its padding is not of zeros");
    }
    this.#at += zeros;
  }

  truncated(): TruncatedNarError {
    return new TruncatedNarError(`${this.#what} ends too early`);
  }

  broken(why: string): ImageError {
    return new ImageError(`${this.#what} is none, or broken: ${why}`);
  }

  #need(length: number): void {
    if (this.#buffer.end - this.#at < length) throw MORE;
  }
}

/** How many zeros are behind a string of this length. */
export function paddingOf(length: number): number {
  return (UNIT - length % UNIT) % UNIT;
}

/** How a NAR says how long a string is. */
export function lengthBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(UNIT);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  return bytes;
}

/** A string as a NAR has it: its length, itself, and zeros. */
export function stringBytes(text: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(UNIT + text.length + paddingOf(text.length));
  bytes.set(lengthBytes(text.length));
  bytes.set(text, UNIT);
  return bytes;
}

function wordBytes(word: string): Uint8Array {
  return stringBytes(new TextEncoder().encode(word));
}
