/**
 * Derivations as Nix writes them into `.drv` files (the Nix manual, "Derivation ATerm format"):
 * `Derive(outputs, inputs, sources, system, builder, arguments, environment)`.
 * @module
 */

import { ImageError } from "../errors.ts";
import { isStorePath, type StorePath } from "./store_path.ts";

/** What a derivation makes under one name. */
export interface DerivationOutput {
  /** Where, or null where that is known only once it is built. */
  readonly path: StorePath | null;
  /** What its content is hashed by, such as `sha256` or `r:sha256`; "" where that is not known. */
  readonly hashAlgorithm: string;
  /** The hash that the content has to have; "" where it may be anything. */
  readonly hash: string;
}

/** A build: a program, its arguments and its environment. */
export interface Derivation {
  /** By name, such as `out`. */
  readonly outputs: ReadonlyMap<string, DerivationOutput>;
  /** The derivations that it needs, each with the names of the outputs that it needs of them. */
  readonly inputs: ReadonlyMap<StorePath, readonly string[]>;
  /** The other store paths that it needs. */
  readonly sources: readonly StorePath[];
  /** Such as `x86_64-linux`. */
  readonly system: string;
  readonly builder: string;
  readonly args: readonly string[];
  /** All variables of the builder's environment that the derivation sets, outputs included. */
  readonly environment: ReadonlyMap<string, string>;
}

/**
 * Parses the content of a `.drv` file.
 *
 * @param where the file is, for errors
 * @throws {ImageError} if it is none, or one that needs a newer way to be read.
 */
export function parseDerivation(content: Uint8Array, where: string): Derivation {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    const message = `${where}: not in UTF-8, and so nothing that an image's config can hold`;
    throw new ImageError(message, { cause });
  }
  if (text.startsWith("DrvWithVersion(")) {
    throw new ImageError(
      `${where}: a dynamic derivation, whose inputs are known only once others are built`,
    );
  }
  return new Parser(text, where).derivation();
}

/** Reads what stands at its place in the text, and goes on behind it. */
class Parser {
  readonly #text: string;
  readonly #where: string;
  #at = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  derivation(): Derivation {
    this.#expect("Derive(");
    const outputs = this.#map(() => this.#output());
    this.#expect(",");
    const inputs = this.#map(() => this.#input());
    this.#expect(",");
    const sources = this.#list(() => this.#storePath());
    this.#expect(",");
    const system = this.#string();
    this.#expect(",");
    const builder = this.#string();
    this.#expect(",");
    const args = this.#list(() => this.#string());
    this.#expect(",");
    const environment = this.#map(() => this.#variable());
    this.#expect(")");
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
    return { outputs, inputs, sources, system, builder, args, environment };
  }

  #output(): [string, DerivationOutput] {
    const name = this.#string();
    this.#expect(",");
    const path = this.#storePathOrNull();
    this.#expect(",");
    const hashAlgorithm = this.#string();
    this.#expect(",");
    return [name, { path, hashAlgorithm, hash: this.#string() }];
  }

  #input(): [StorePath, string[]] {
    const path = this.#storePath();
    this.#expect(",");
    return [path, this.#list(() => this.#string())];
  }

  #variable(): [string, string] {
    const name = this.#string();
    this.#expect(",");
    return [name, this.#string()];
  }

  /** A list of tuples, by their first members. */
  #map<Key, Value>(member: () => [Key, Value]): Map<Key, Value> {
    const map = new Map<Key, Value>();
    this.#list(() => {
      const start = this.#at;
      this.#expect("(");
      const [key, value] = member();
      this.#expect(")");
      if (map.has(key)) throw this.#unexpected(`no second ${JSON.stringify(key)}`, start);
      map.set(key, value);
    });
    return map;
  }

  #list<Item>(item: () => Item): Item[] {
    this.#expect("[");
    const items: Item[] = [];
    while (!this.#next("]")) {
      if (items.length > 0) this.#expect(",");
      items.push(item());
    }
    this.#expect("]");
    return items;
  }

  #storePathOrNull(): StorePath | null {
    if (!this.#next('""')) return this.#storePath();
    this.#expect('""');
    return null;
  }

  #storePath(): StorePath {
    const start = this.#at;
    const path = this.#string();
    if (!isStorePath(path)) throw this.#unexpected("a path of the store /nix/store", start);
    return path;
  }

  #string(): string {
    const start = this.#at;
    this.#expect('"');
    const parts: string[] = [];
    const plain = /[^"\\\0]*/y;
    while (true) {
      plain.lastIndex = this.#at;
      parts.push(plain.exec(this.#text)?.[0] ?? "");
      this.#at = plain.lastIndex;
      const end = this.#text[this.#at++];
      if (end === '"') return parts.join("");
      const escaped = end === "\\" ? this.#text[this.#at++] : undefined;
      if (escaped === undefined || escaped === "\0") {
        throw this.#unexpected("a string that ends, without NUL", start);
      }
      parts.push(ESCAPED[escaped] ?? escaped);
    }
  }

  #next(token: string): boolean {
    return this.#text.startsWith(token, this.#at);
  }

  #expect(token: string): void {
    if (!this.#next(token)) throw this.#unexpected(JSON.stringify(token));
    this.#at += token.length;
  }

  #unexpected(what: string, at = this.#at): ImageError {
    return new ImageError(
      `${this.#where}: not a derivation as Nix writes them: expected ${what} at character ${at}`,
    );
  }
}

/** What stands for other characters behind a backslash; all others stand for themselves. */
const ESCAPED: Readonly<Partial<Record<string, string>>> = Object.assign(
  Object.create(null),
  { n: "\n", r: "\r", t: "\t" },
);
