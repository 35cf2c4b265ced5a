/**
 * Reading NARs (Nix archives), whose names are bytes.
 *
 * The format: Eelco Dolstra, "The Purely Functional Software Deployment Model", figure 5.2.
 * @module
 */

import { decodeName } from "../tar/name.ts";
import { ImageError } from "../errors.ts";

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

/** Longer names, targets and tags are no archive that Nix made. */
const MAX_STRING = 1 << 16;

/** Reads a NAR node by node, in its order: by the bytes of the names, parents first. */
export class NarReader {
  #bytes: ByteReader;
  #started = false;
  /** The paths of the directories that are open. */
  #open: string[] = [];
  /** What is left of the current node's content, and the zeros behind it. */
  #content = 0;
  #zeros = 0;
  #inFile = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#bytes = new ByteReader(stream);
  }

  /** The next node; what was not read of the current one's content is passed over. */
  async next(): Promise<NarNode | undefined> {
    if (!this.#started) {
      this.#started = true;
      await this.#expect("nix-archive-1");
      return await this.#node("");
    }
    await this.#leaveFile();
    while (this.#open.length > 0) {
      const tag = await this.#string();
      if (tag === "entry") {
        await this.#expect("(");
        await this.#expect("name");
        const name = await this.#string();
        await this.#expect("node");
        return await this.#node(`${this.#open.at(-1)}/${name}`);
      }
      if (tag !== ")") throw unexpected(tag);
      this.#open.pop();
      if (this.#open.length > 0) await this.#expect(")");
    }
    return undefined;
  }

  /** Reads on in the current file's content; 0 at its end. */
  async read(into: Uint8Array): Promise<number> {
    const length = await this.#bytes.some(into.subarray(0, Math.min(into.length, this.#content)));
    this.#content -= length;
    return length;
  }

  /** Reads no further. */
  cancel(): Promise<void> {
    return this.#bytes.cancel();
  }

  async #node(path: string): Promise<NarNode> {
    await this.#expect("(");
    await this.#expect("type");
    const node = { path, executable: false, size: 0, target: "" };
    const type = await this.#string();
    if (type === "directory") {
      this.#open.push(path);
      return { ...node, type };
    }
    if (type === "symlink") {
      await this.#expect("target");
      node.target = await this.#string();
      await this.#close();
      return { ...node, type };
    }
    if (type !== "regular") throw unexpected(type);
    let tag = await this.#string();
    if (tag === "executable") {
      node.executable = true;
      await this.#expect("");
      tag = await this.#string();
    }
    if (tag === "contents") {
      node.size = await this.#number();
      this.#content = node.size;
      this.#zeros = (8 - node.size % 8) % 8;
      this.#inFile = true;
    } else if (tag === ")") {
      await this.#closeEntry();
    } else throw unexpected(tag);
    return { ...node, type: "file" };
  }

  async #leaveFile(): Promise<void> {
    if (!this.#inFile) return;
    this.#inFile = false;
    await this.#bytes.skip(this.#content + this.#zeros);
    this.#content = 0;
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#expect(")");
    await this.#closeEntry();
  }

  async #closeEntry(): Promise<void> {
    if (this.#open.length > 0) await this.#expect(")");
  }

  async #number(): Promise<number> {
    const bytes = await this.#bytes.exactly(8);
    return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  }

  async #string(): Promise<string> {
    const length = await this.#number();
    if (length > MAX_STRING) throw new ImageError("Not a NAR, or a broken one: a name is too long");
    const text = decodeName(await this.#bytes.exactly(length));
    await this.#bytes.skip((8 - length % 8) % 8);
    return text;
  }

  async #expect(tag: string): Promise<void> {
    const found = await this.#string();
    if (found !== tag) throw unexpected(found);
  }
}

function unexpected(tag: string): ImageError {
  return new ImageError(`Not a NAR, or a broken one: unexpected ${JSON.stringify(tag)}`);
}

/** Reads so many bytes at a time from a stream of chunks of any size. */
class ByteReader {
  #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** Copies what there is, at least one byte unless `into` is empty. */
  async some(into: Uint8Array): Promise<number> {
    const part = await this.#take(into.length);
    into.set(part);
    return part.length;
  }

  async exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) at += await this.some(bytes.subarray(at));
    return bytes;
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }

  async skip(length: number): Promise<void> {
    while (length > 0) length -= (await this.#take(length)).length;
  }

  /** At most `length` bytes of the stream, at least one unless `length` is 0. */
  async #take(length: number): Promise<Uint8Array> {
    while (length > 0 && this.#chunk.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) throw new TruncatedNarError("The NAR ends too early");
      this.#chunk = value;
    }
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }
}
