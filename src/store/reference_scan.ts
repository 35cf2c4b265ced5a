/**
 * Finding store paths in bytes by their hashes, as Nix does with what a build has made.
 * @module
 */

import { hashPart, STORE_DIR, type StorePath } from "./store_path.ts";

const HASH_LENGTH = 32;
/** The longest name that a store path can have; Nix refuses more. */
const NAME_LENGTH = 211;
/** What stands before the hash of a store path that is written in full. */
const PREFIX = new TextEncoder().encode(`${STORE_DIR}/`);
/** What must be known behind the first byte of a hash: the rest, the dash, the name and its end. */
const LOOKAHEAD = HASH_LENGTH + 1 + NAME_LENGTH + 1;
/** Little enough to stay in the processor's cache. */
const BUFFER = 1 << 18;
/** So many strangers are told; a layer that copies a whole store would have thousands. */
const MOST_STRANGERS = 100;

/** By byte: what a digit of Nix base 32 stands for, or -1. */
const DIGIT = valuesOf("0123456789abcdfghijklmnpqrsvwxyz");
/** By byte: not negative for what the name of a store path can hold. */
const NAME = valuesOf("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?=");
const SLASH = "/".charCodeAt(0), DASH = "-".charCodeAt(0);

function valuesOf(characters: string): Int8Array {
  const values = new Int8Array(256).fill(-1);
  for (let value = 0; value < characters.length; value++) {
    values[characters.charCodeAt(value)] = value;
  }
  return values;
}

/**
 * Scans streams of bytes for the hashes of store paths. A hash counts wherever it stands, also
 * without `/nix/store/` before it: a program may put its paths together from parts.
 */
export class ReferenceScan {
  readonly #found = new Set<StorePath>();
  readonly #strangers = new Set<string>();
  readonly #candidates = new Map<string, StorePath>();
  /** A bit for each four digits that a candidate starts with. */
  readonly #starts = new Int32Array(1 << 15);
  readonly #buffer = new Uint8Array(BUFFER);
  /** How much of the buffer is filled, and how much of that has been searched. */
  #filled = 0;
  #searched = 0;

  /** `candidates` are what can be found, by their hash parts. */
  constructor(candidates: Iterable<StorePath>) {
    for (const path of candidates) {
      const hash = hashPart(path);
      this.#candidates.set(hash, path);
      const start = startOf(new TextEncoder().encode(hash), 0);
      this.#starts[start >> 5]! |= 1 << (start & 31);
    }
  }

  /** Those of the candidates that the bytes mention. */
  get found(): ReadonlySet<StorePath> {
    return this.#found;
  }

  /**
   * What the bytes mention as `/nix/store/<hash>-<name>` and is no candidate: the first hundred.
   * The name goes as far as it can, and so may take in punctuation that follows it.
   */
  get strangers(): ReadonlySet<string> {
    return this.#strangers;
  }

  /** Takes the next bytes of a stream; keeps no reference to `chunk`. */
  feed(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BUFFER - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BUFFER) this.#makeRoom();
    }
  }

  /** Ends a stream: nothing is found across this place. */
  end(): void {
    this.#search(this.#filled - HASH_LENGTH + 1);
    this.#filled = this.#searched = 0;
  }

  #makeRoom(): void {
    this.#search(this.#filled - LOOKAHEAD + 1);
    const kept = this.#searched - PREFIX.length;
    this.#buffer.copyWithin(0, kept, this.#filled);
    this.#filled -= kept;
    this.#searched = PREFIX.length;
  }

  /** Looks at each place before `limit` where a hash may start. */
  #search(limit: number): void {
    const buffer = this.#buffer;
    let start = this.#searched;
    // From `start` to here there are digits alone.
    let digits = start;
    while (start < limit) {
      // From behind: a byte that is no digit rules out all starts before it.
      let at = start + HASH_LENGTH - 1;
      while (at >= digits && DIGIT[buffer[at]!]! >= 0) at--;
      digits = start + HASH_LENGTH;
      if (at >= start && DIGIT[buffer[at]!]! < 0) start = at + 1;
      else this.#meet(start++);
    }
    this.#searched = Math.max(start, this.#searched);
  }

  /** Takes note of the hash, or what looks like one, at `at`. */
  #meet(at: number): void {
    const buffer = this.#buffer;
    const start = startOf(buffer, at);
    if (this.#starts[start >> 5]! >> (start & 31) & 1) {
      const candidate = this.#candidates.get(textOf(buffer, at, at + HASH_LENGTH));
      if (candidate !== undefined) {
        this.#found.add(candidate);
        return;
      }
    }
    if (buffer[at - 1] === SLASH && buffer[at + HASH_LENGTH] === DASH) this.#meetStranger(at);
  }

  #meetStranger(at: number): void {
    if (this.#strangers.size >= MOST_STRANGERS || at < PREFIX.length) return;
    const buffer = this.#buffer, from = at - PREFIX.length;
    if (PREFIX.some((byte, index) => buffer[from + index] !== byte)) return;
    const name = at + HASH_LENGTH + 1;
    let end = name;
    while (end < this.#filled && end - name < NAME_LENGTH && NAME[buffer[end]!]! >= 0) end++;
    if (end > name) this.#strangers.add(textOf(buffer, from, end));
  }
}

/** The first four digits as a number of 20 bits. */
function startOf(bytes: Uint8Array, at: number): number {
  return DIGIT[bytes[at]!]! << 15 | DIGIT[bytes[at + 1]!]! << 10 | DIGIT[bytes[at + 2]!]! << 5 |
    DIGIT[bytes[at + 3]!]!;
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
