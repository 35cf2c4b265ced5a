/**
 * NARs of what is on the disk.
 * @module
 */

import { ImageError } from "../errors.ts";
import { compareBytes, encodeName } from "../tar/name.ts";
import { readingFrom } from "./files.ts";
import { lengthBytes, paddingOf, stringBytes, WORDS } from "./nar_tokens.ts";

/** How much a reader without a buffer of its own gets at a time, in bytes. */
const CHUNK = 1 << 19;

/** Nix goes by this bit of the mode. */
const EXECUTABLE = 0o100;

/**
 * The NAR of a file, a directory or a symlink whose names are all UTF-8, as `nix-store --dump` gives
 * it: a readable byte stream. It fails with an {@linkcode ImageError} if something can not be read.
 */
export function dumpNar(path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const dump = new Dump(path);
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK,
    pull(controller) {
      const request = controller.byobRequest!;
      const { buffer, byteOffset, byteLength } = request.view!;
      try {
        const length = dump.read(new Uint8Array(buffer, byteOffset, byteLength));
        if (length === 0) controller.close();
        request.respond(length);
      } catch (error) {
        dump.close();
        throw error;
      }
    },
    cancel: () => dump.close(),
  });
}

/** The content of a file. */
interface ContentOf {
  readonly file: string;
  readonly size: number;
}

class Dump {
  readonly #parts: Generator<Uint8Array | ContentOf>;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The file that is being read, and how much of it is left. */
  #file: Deno.FsFile | undefined;
  #name = "";
  #left = 0;

  constructor(path: string) {
    this.#parts = archiveOf(path);
  }

  /** Fills the front of `into`; 0 at the end. */
  read(into: Uint8Array): number {
    let at = 0;
    while (at < into.length) {
      if (this.#bytes.length > 0) {
        const part = this.#bytes.subarray(0, into.length - at);
        into.set(part, at);
        at += part.length;
        this.#bytes = this.#bytes.subarray(part.length);
      } else if (this.#file) at += this.#readFile(this.#file, into.subarray(at));
      else if (!this.#next()) break;
    }
    return at;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #readFile(file: Deno.FsFile, into: Uint8Array): number {
    const part = into.subarray(0, this.#left);
    const length = part.length === 0 ? 0 : readingFrom(this.#name, () => file.readSync(part));
    if (length === null) throw new ImageError(`${this.#name} changed while it was read`);
    this.#left -= length;
    if (this.#left === 0) this.close();
    return length;
  }

  #next(): boolean {
    const { value, done } = this.#parts.next();
    if (done) return false;
    if (value instanceof Uint8Array) this.#bytes = value;
    else {
      const { file, size } = value;
      this.#file = readingFrom(file, () => Deno.openSync(file));
      [this.#name, this.#left] = [file, size];
    }
    return true;
  }
}

function* archiveOf(path: string): Generator<Uint8Array | ContentOf> {
  yield WORDS.magic;
  yield* nodeAt(path);
}

function* nodeAt(path: string): Generator<Uint8Array | ContentOf> {
  const { open, close, type, regular, executable, none, contents, directory } = WORDS;
  const info = readingFrom(path, () => Deno.lstatSync(path));
  if (info.isSymlink) {
    const target = stringBytes(encodeName(readingFrom(path, () => Deno.readLinkSync(path))));
    yield joined(open, type, WORDS.symlink, WORDS.target, target, close);
  } else if (info.isFile) {
    const { size, mode } = info;
    const flag = ((mode ?? 0) & EXECUTABLE) === 0 ? [] : [executable, none];
    yield joined(open, type, regular, ...flag, contents, lengthBytes(size));
    yield { file: path, size };
    yield joined(new Uint8Array(paddingOf(size)), close);
  } else if (info.isDirectory) {
    yield joined(open, type, directory);
    const names = readingFrom(path, () => Array.from(Deno.readDirSync(path), ({ name }) => name));
    for (const name of names.sort(compareBytes)) {
      yield joined(WORDS.entry, open, WORDS.name, stringBytes(encodeName(name)), WORDS.node);
      yield* nodeAt(`${path}/${name}`);
      yield close;
    }
    yield close;
  } else throw new ImageError(`${path} is neither a file, a directory nor a symlink`);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
