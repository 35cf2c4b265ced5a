/**
 * Reading NARs (Nix archives), whose names are bytes.
 *
 * The format: Eelco Dolstra, "The Purely Functional Software Deployment Model", figure 5.2.
 * @module
 */

import { readFully, StreamBytes } from "../tar/byte_source.ts";
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
  #bytes: StreamBytes;
  #started = false;
  /** The paths of the directories that are open. */
  #open: string[] = [];
  /** What is left of the current node's content, and the zeros behind it. */
  #content = 0;
  #zeros = 0;
  #inFile = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#bytes = new StreamBytes(stream);
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
    const part = into.subarray(0, Math.min(into.length, this.#content));
    const length = await this.#bytes.read(part);
    if (length === 0 && part.length > 0) throw truncated();
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
    await this.#skip(this.#content + this.#zeros);
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

  async #exactly(length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    if (await readFully(this.#bytes, bytes) < length) throw truncated();
    return bytes;
  }

  async #skip(length: number): Promise<void> {
    if (!await this.#bytes.skip(length)) throw truncated();
  }

  async #number(): Promise<number> {
    const bytes = await this.#exactly(8);
    return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  }

  async #string(): Promise<string> {
    const length = await this.#number();
    if (length > MAX_STRING) throw new ImageError("Not a NAR, or a broken one: a name is too long");
    const text = decodeName(await this.#exactly(length));
    await this.#skip((8 - length % 8) % 8);
    return text;
  }

  async #expect(tag: string): Promise<void> {
    const found = await this.#string();
    if (found !== tag) throw unexpected(found);
  }
}

function truncated(): TruncatedNarError {
  return new TruncatedNarError("The NAR ends too early");
}

function unexpected(tag: string): ImageError {
  return new ImageError(`Not a NAR, or a broken one: unexpected ${JSON.stringify(tag)}`);
}
