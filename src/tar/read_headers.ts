/**
 * Reading tar archives as they go by: for each member its header as it was written, then its
 * content. Understands ustar, pax, GNU tar's long names and the format before ustar.
 * @module
 */

import { Buffer } from "node:buffer";
import { ImageError } from "../errors.ts";
import { BLOCK, padding } from "./header.ts";
import { checkSum, numberField, paxNumber, paxRecords, textField } from "./header_fields.ts";

/**
 * A header as an archive has it, with what extended headers say in place. Texts are binary
 * strings, a character for each byte: nothing says that they are UTF-8.
 */
export interface RawHeader {
  /** With the slash that a directory's name ends in. */
  name: string;
  /** All bits that are there. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** One character; `0` for files. */
  type: string;
  linkname: string;
  devmajor: number;
  devminor: number;
  /** Extended attributes by full name. */
  xattrs: ReadonlyMap<string, string>;
}

/** Is told what is in an archive, in its order. */
export interface ArchiveVisitor {
  /** A member begins. */
  member(header: RawHeader): void;
  /** More of its content; the memory is used again afterwards. */
  content(bytes: Uint8Array): void;
}

/** Extended headers and long names are kept in memory; nobody needs larger ones. */
const LARGEST_EXTENSION = 1 << 20;
const HEADER_ONLY = "123456";

/** Takes an archive in parts of any size. */
export class HeaderReader {
  readonly #visitor: ArchiveVisitor;
  readonly #block = Buffer.alloc(BLOCK);
  /** How much of the block is there. */
  #filled = 0;
  /** What is left of a member's content, and of the padding behind it. */
  #content = 0;
  #padding = 0;
  /** The extended header or long name that is being read. */
  #extension: { readonly type: string; readonly parts: Buffer[] } | undefined;
  #pax: Map<string, string> = new Map();
  #longName: string | undefined;
  #longLink: string | undefined;
  #position = 0;
  #zeroBlocks = 0;

  constructor(visitor: ArchiveVisitor) {
    this.#visitor = visitor;
  }

  /**
   * Reads the next part.
   *
   * @throws {ImageError} if this is no tar archive, or has sparse files.
   */
  update(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0;) {
      // What comes behind the end is no part of the archive.
      if (this.#zeroBlocks === 2) return;
      let length: number;
      if (this.#content > 0) {
        length = Math.min(this.#content, rest.length);
        const part = rest.subarray(0, length);
        if (this.#extension) this.#extension.parts.push(Buffer.from(part));
        else this.#visitor.content(part);
        this.#content -= length;
        if (this.#content === 0) this.#endExtension();
      } else if (this.#padding > 0) {
        length = Math.min(this.#padding, rest.length);
        this.#padding -= length;
      } else {
        length = Math.min(BLOCK - this.#filled, rest.length);
        this.#block.set(rest.subarray(0, length), this.#filled);
        this.#filled += length;
        if (this.#filled === BLOCK) this.#readBlock();
      }
      this.#position += length;
      rest = rest.subarray(length);
    }
  }

  /**
   * The archive has ended.
   *
   * @throws {ImageError} if it has not.
   */
  finish(): void {
    const inside = this.#content > 0 || this.#padding > 0 || this.#filled > 0;
    if (inside || this.#pax.size > 0 || this.#longName !== undefined) {
      throw new ImageError(`The tar archive is cut off after ${this.#position} bytes`);
    }
  }

  #readBlock(): void {
    this.#filled = 0;
    if (this.#block.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    try {
      if (this.#zeroBlocks > 0) throw new SyntaxError("a header after a block of zeros");
      this.#readHeader();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const at = this.#position - this.#position % BLOCK;
      throw new ImageError(`Not a tar archive, or a damaged one: ${error.message} at byte ${at}`, {
        cause: error,
      });
    }
  }

  #readHeader(): void {
    const block = this.#block;
    checkSum(block);
    const header = headerOf(block);
    switch (header.type) {
      case "x":
      case "g":
      case "L":
      case "K":
        if (header.size > LARGEST_EXTENSION) throw new SyntaxError("an extended header too large");
        this.#extension = { type: header.type, parts: [] };
        this.#begin(header.size);
        if (header.type === "g") this.#visitor.member(globalHeader(header));
        if (header.size === 0) this.#endExtension();
        return;
      case "S":
        throw sparse(header.name);
    }
    mergeRecords(header, this.#pax);
    header.name = this.#longName ?? header.name;
    header.linkname = this.#longLink ?? header.linkname;
    if (header.type === "\0") header.type = header.name.endsWith("/") ? "5" : "0";
    this.#pax = new Map();
    this.#longName = this.#longLink = undefined;
    this.#visitor.member(header);
    this.#begin(HEADER_ONLY.includes(header.type) ? 0 : header.size);
  }

  #begin(size: number): void {
    this.#content = size;
    this.#padding = padding(size);
  }

  #endExtension(): void {
    if (!this.#extension) return;
    const { type, parts } = this.#extension;
    this.#extension = undefined;
    const text = Buffer.concat(parts).toString("latin1");
    if (type === "L") this.#longName = textField(text);
    else if (type === "K") this.#longLink = textField(text);
    else if (type === "x") this.#pax = paxRecords(text);
  }
}

function headerOf(block: Buffer): RawHeader {
  const text = (start: number, end: number) => textField(block.toString("latin1", start, end));
  const number = (start: number, end: number) => numberField(block.subarray(start, end));
  const magic = block.toString("latin1", 257, 265);
  const ustar = magic.startsWith("ustar\0");
  const known = ustar || magic === "ustar  \0";
  const prefix = ustar ? text(345, 500) : "";
  return {
    name: prefix === "" ? text(0, 100) : `${prefix}/${text(0, 100)}`,
    mode: number(100, 108),
    uid: number(108, 116),
    gid: number(116, 124),
    size: number(124, 136),
    type: block.toString("latin1", 156, 157),
    linkname: text(157, 257),
    devmajor: known ? number(329, 337) : 0,
    devminor: known ? number(337, 345) : 0,
    xattrs: new Map(),
  };
}

/** What Go makes of a global header, which it gives as a member. */
function globalHeader({ name, type }: RawHeader): RawHeader {
  const numbers = { mode: 0, uid: 0, gid: 0, size: 0, devmajor: 0, devminor: 0 };
  return { name, type, linkname: "", ...numbers, xattrs: new Map() };
}

function mergeRecords(header: RawHeader, records: ReadonlyMap<string, string>): void {
  const xattrs = new Map<string, string>();
  for (const [key, value] of records) {
    if (key.startsWith("GNU.sparse.")) throw sparse(header.name);
    if (key.startsWith("SCHILY.xattr.")) xattrs.set(key.slice("SCHILY.xattr.".length), value);
    // An empty value takes an earlier one back.
    if (value === "") continue;
    if (key === "path") header.name = value;
    else if (key === "linkpath") header.linkname = value;
    else if (key === "uid") header.uid = paxNumber(value);
    else if (key === "gid") header.gid = paxNumber(value);
    else if (key === "size") header.size = paxNumber(value);
  }
  header.xattrs = xattrs;
}

function sparse(name: string): ImageError {
  return new ImageError(`Sparse files are not read: ${name}; make the archive without --sparse`);
}
