/**
 * Tar headers, byte for byte as two programs write them.
 *
 * - `pax`: Python's `tarfile` in its default format: POSIX.1-2001 ustar headers, preceded by an
 *   extended header (`x`) only where a field does not fit.
 * - `gnu`: GNU tar's default format, in which a long name goes before its header as a member of
 *   its own (`L`, and `K` for link targets), and a number that does not fit is in base 256.
 * @module
 */

import {
  asciiField,
  ID_LIMIT,
  NUMBER_LIMIT,
  utf8Length,
  writeId,
  writeNumber,
  writeOctal,
  writeText,
} from "./fields.ts";
import { extendedText, fitting, NAME_FIELD, OWNER_FIELD } from "./pax_records.ts";
import type { TarFormat, TarHeader } from "./tar_header.ts";

/** Tar is made of blocks of this many bytes. */
export const BLOCK = 512;

/** An archive is padded to a multiple of this many bytes. */
export const RECORD = 20 * BLOCK;

const TYPE_FLAG = {
  file: "0",
  link: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const;
const USTAR = "ustar\x0000";
const GNU = "ustar  \0";

/** The smallest multiple of `unit` that is not less than `size`. */
export function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit;
}

/** The bytes between `size` and the next block. */
export function padding(size: number): number {
  return roundUp(size, BLOCK) - size;
}

/** The size of an archive with `size` bytes of members: two blocks of zeros, and whole records. */
export function archiveEnd(size: number): number {
  return roundUp(size + 2 * BLOCK, RECORD);
}

/** The whole header of a member, with what must stand before it. */
export function encodeHeader(header: TarHeader, format: TarFormat): Uint8Array<ArrayBuffer> {
  return new HeaderEncoder(format).encode(header).slice();
}

/** The length of what {@linkcode encodeHeader} gives. */
export function headerSize(header: TarHeader, format: TarFormat): number {
  if (format === "gnu") {
    return BLOCK + longFieldSize(memberName(header)) + longFieldSize(header.linkname);
  }
  const extended = extendedText(header, memberName(header));
  return extended === undefined ? BLOCK : 2 * BLOCK + roundUp(utf8Length(extended), BLOCK);
}

function longFieldSize(text: string): number {
  const length = utf8Length(text);
  return length <= NAME_FIELD ? 0 : BLOCK + roundUp(length + 1, BLOCK);
}

/** Writes one header after another into memory of its own: a layer has tens of thousands. */
export class HeaderEncoder {
  readonly #format: TarFormat;
  #bytes = new Uint8Array(4 * BLOCK);
  #length = 0;

  constructor(format: TarFormat) {
    this.#format = format;
  }

  /** The header, in memory that the next call overwrites. */
  encode(header: TarHeader): Uint8Array<ArrayBuffer> {
    this.#length = 0;
    if (this.#format === "pax") this.#pax(header);
    else this.#gnu(header);
    return this.#bytes.subarray(0, this.#length);
  }

  #pax(header: TarHeader): void {
    const name = memberName(header);
    const extended = extendedText(header, name);
    if (extended === undefined) return this.#ustar(header, name, header.linkname);
    this.#private("././@PaxHeader", "x", 0, USTAR, extended);
    this.#ustar(
      {
        ...header,
        uid: fitting(header.uid, ID_LIMIT),
        gid: fitting(header.gid, ID_LIMIT),
        size: fitting(header.size, NUMBER_LIMIT),
        mtime: fitting(header.mtime, NUMBER_LIMIT),
        uname: asciiField(header.uname),
        gname: asciiField(header.gname),
      },
      asciiField(name),
      asciiField(header.linkname),
    );
  }

  #gnu(header: TarHeader): void {
    const name = memberName(header);
    for (const [flag, text] of [["K", header.linkname], ["L", name]] as const) {
      if (utf8Length(text) > NAME_FIELD) {
        this.#private("././@LongLink", flag, 0o644, GNU, `${text}\0`);
      }
    }
    this.#ustar(header, name, header.linkname, GNU);
  }

  /** A member that only tells of the next one. */
  #private(name: string, flag: string, mode: number, magic: string, content: string): void {
    const size = utf8Length(content);
    const owner = { uid: 0, gid: 0, uname: "", gname: "" };
    this.#block(flag, { mode, size, mtime: 0, ...owner }, name, "", magic);
    const at = this.#length;
    this.#grow(roundUp(size, BLOCK));
    writeText(this.#bytes, at, size, content);
  }

  #ustar(header: TarHeader, name: string, linkname: string, magic = USTAR): void {
    this.#block(TYPE_FLAG[header.type], header, name, linkname, magic);
  }

  #block(
    flag: string,
    fields: Omit<TarHeader, "name" | "type" | "linkname">,
    name: string,
    linkname: string,
    magic: string,
  ): void {
    const at = this.#length;
    this.#grow(BLOCK);
    const bytes = this.#bytes;
    writeText(bytes, at, NAME_FIELD, name);
    writeOctal(bytes, at + 100, 7, fields.mode);
    writeId(bytes, at + 108, fields.uid);
    writeId(bytes, at + 116, fields.gid);
    writeNumber(bytes, at + 124, fields.size);
    writeNumber(bytes, at + 136, fields.mtime);
    bytes.fill(0x20, at + 148, at + 156);
    writeText(bytes, at + 156, 1, flag);
    writeText(bytes, at + 157, NAME_FIELD, linkname);
    writeText(bytes, at + 257, 8, magic);
    writeText(bytes, at + 265, OWNER_FIELD, fields.uname);
    writeText(bytes, at + 297, OWNER_FIELD, fields.gname);
    if (flag === TYPE_FLAG.character || flag === TYPE_FLAG.block) {
      writeId(bytes, at + 329, fields.device?.major ?? 0);
      writeId(bytes, at + 337, fields.device?.minor ?? 0);
    }
    let sum = 0;
    for (let i = at; i < at + BLOCK; i++) sum += bytes[i]!;
    writeOctal(bytes, at + 148, 6, sum);
    bytes[at + 154] = 0;
  }

  /** Makes room for `size` bytes of zeros. */
  #grow(size: number): void {
    const length = this.#length + size;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    } else this.#bytes.fill(0, this.#length, length);
    this.#length = length;
  }
}

function memberName({ name, type }: TarHeader): string {
  return type === "directory" && !name.endsWith("/") ? name + "/" : name;
}
