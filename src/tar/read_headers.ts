/**
 * Reading tar archives as they go by: for each member its header as it was written, then its
 * content. Understands ustar, pax, GNU tar's long names and the format before ustar.
 * @module
 */

import { ImageError } from "../errors.ts";
import { BLOCK, padding } from "./header.ts";
import { decodeName } from "./name.ts";
import {
  hasValidChecksum,
  MAX_LONG_NAME,
  MAX_METADATA,
  type PaxRecords,
  readMagic,
  readName,
  readNumber,
  readPaxNumber,
  readPaxRecords,
  readText,
  tellOfSparseFile,
  xattrsAmong,
} from "./read_fields.ts";

/**
 * A header as an archive has it, with what extended headers say in place. Texts may hold
 * undecodable bytes.
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
  xattrs: ReadonlyMap<string, Uint8Array>;
}

/** Is told what is in an archive, in its order. */
export interface ArchiveVisitor {
  /** A member begins. */
  member(header: RawHeader): void;
  /** More of its content; the memory is used again afterwards. */
  content(bytes: Uint8Array): void;
}

/** The types of members without content, whatever size they have. */
const HEADER_ONLY = "123456";

/** Takes an archive in parts of any size. */
export class HeaderReader {
  readonly #visitor: ArchiveVisitor;
  readonly #block = new Uint8Array(BLOCK);
  /** How much of the block is there. */
  #filled = 0;
  /** What is left of a member's content, and of the padding behind it. */
  #content = 0;
  #padding = 0;
  /** The extended header or long name that is being read. */
  #extension: { readonly type: string; readonly bytes: Uint8Array } | undefined;
  #pax: PaxRecords = new Map();
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
        const extension = this.#extension?.bytes;
        if (extension) extension.set(part, extension.length - this.#content);
        else this.#visitor.content(part);
        this.#content -= length;
        if (this.#content === 0) this.#locating(() => this.#endExtension());
      } else if (this.#padding > 0) {
        length = Math.min(this.#padding, rest.length);
        this.#padding -= length;
      } else {
        length = Math.min(BLOCK - this.#filled, rest.length);
        this.#block.set(rest.subarray(0, length), this.#filled);
        this.#filled += length;
        if (this.#filled === BLOCK) this.#locating(() => this.#readBlock());
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
    if (this.#zeroBlocks > 0) throw new SyntaxError("a header after a block of zeros");
    this.#readHeader();
  }

  /** Runs `read`, whose `SyntaxError`s say what is wrong, and adds where. */
  #locating(read: () => void): void {
    try {
      read();
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
    if (!hasValidChecksum(block)) throw new SyntaxError("a wrong checksum");
    const header = headerOf(block);
    if (header.size < 0) throw new SyntaxError("a negative size");
    switch (header.type) {
      case "x":
      case "g":
      case "L":
      case "K":
        if (header.size > ("LK".includes(header.type) ? MAX_LONG_NAME : MAX_METADATA)) {
          throw new SyntaxError("an extended header too large");
        }
        this.#extension = { type: header.type, bytes: new Uint8Array(header.size) };
        this.#begin(header.size);
        if (header.type === "g") this.#visitor.member(globalHeader(header));
        if (header.size === 0) this.#endExtension();
        return;
      case "S":
        throw sparse(header.name);
    }
    mergeRecords(header, this.#pax);
    if (header.size < 0) throw new SyntaxError("a negative size");
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
    const { type, bytes } = this.#extension;
    this.#extension = undefined;
    if (type === "L") this.#longName = readText(bytes, 0, bytes.length);
    else if (type === "K") this.#longLink = readText(bytes, 0, bytes.length);
    else if (type === "x") {
      const records = readPaxRecords(bytes);
      if (!records) throw new SyntaxError("an extended header is damaged");
      this.#pax = records;
    }
  }
}

function headerOf(block: Uint8Array): RawHeader {
  const number = (at: number, width: number) => found(readNumber(block, at, width));
  const hasDevices = ["ustar", "ustar  "].includes(readMagic(block));
  return {
    name: readName(block),
    mode: number(100, 8),
    uid: number(108, 8),
    gid: number(116, 8),
    size: number(124, 12),
    type: decodeName(block.subarray(156, 157)),
    linkname: readText(block, 157, 100),
    devmajor: hasDevices ? number(329, 8) : 0,
    devminor: hasDevices ? number(337, 8) : 0,
    xattrs: new Map(),
  };
}

function found(number: number | undefined): number {
  if (number === undefined) {
    throw new SyntaxError("a field or record is not a number, or too large");
  }
  return number;
}

/** What Go makes of a global header, which it gives as a member. */
function globalHeader({ name, type }: RawHeader): RawHeader {
  const numbers = { mode: 0, uid: 0, gid: 0, size: 0, devmajor: 0, devminor: 0 };
  return { name, type, linkname: "", ...numbers, xattrs: new Map() };
}

function mergeRecords(header: RawHeader, records: PaxRecords): void {
  if (tellOfSparseFile(records)) throw sparse(header.name);
  header.xattrs = xattrsAmong(records);
  for (const [key, value] of records) {
    // An empty value takes an earlier one back.
    if (value.length === 0) continue;
    if (key === "path") header.name = decodeName(value);
    else if (key === "linkpath") header.linkname = decodeName(value);
    else if (key === "uid" || key === "gid" || key === "size") {
      header[key] = found(readPaxNumber(decodeName(value)));
    }
  }
}

function sparse(name: string): ImageError {
  return new ImageError(`Sparse files are not read: ${name}; make the archive without --sparse`);
}
