/**
 * Tar headers, byte for byte as two programs write them.
 *
 * - `pax`: Python's `tarfile` in its default format: POSIX.1-2001 ustar headers, preceded by an
 *   extended header (`x`) only where a field does not fit.
 * - `gnu`: GNU tar's default format, in which a long name goes before its header as a member of
 *   its own (`L`, and `K` for link targets).
 * @module
 */

import { encodeName, isUtf8 } from "./name.ts";

/** Tar is made of blocks of this many bytes. */
export const BLOCK = 512;

/** An archive is padded to a multiple of this many bytes. */
export const RECORD = 20 * BLOCK;

/** The two header formats. */
export type TarFormat = "pax" | "gnu";

/** What a header says of a member. */
export interface TarHeader {
  /** The name; a directory's gets its slash when it is written. May hold undecodable bytes. */
  readonly name: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Where a symlink points; empty for others. */
  readonly linkname: string;
  readonly uname: string;
  readonly gname: string;
}

const TYPE_FLAG = { file: "0", directory: "5", symlink: "2" } as const;
const ASCII = /^[\0-\x7f]*$/;

/** The bytes between `size` and the next block. */
export function padding(size: number): number {
  return (BLOCK - size % BLOCK) % BLOCK;
}

/** The whole header of a member, with what must stand before it. */
export function encodeHeader(header: TarHeader, format: TarFormat): Uint8Array<ArrayBuffer> {
  return format === "pax" ? encodePax(header) : encodeGnu(header);
}

/** The bytes that {@linkcode encodeHeader} would give, counted. */
export function headerSize(header: TarHeader, format: TarFormat): number {
  const { name, linkname } = header;
  const short = name.length < 100 && linkname.length <= 100 && header.size < 0o100000000000;
  if (short && format === "pax" && ASCII.test(name) && ASCII.test(linkname)) {
    if (header.uid < 0o10000000 && header.gid < 0o10000000 && ownersFit(header)) return BLOCK;
  }
  return encodeHeader(header, format).length;
}

function ownersFit({ uname, gname, mtime }: TarHeader): boolean {
  return uname.length <= 32 && gname.length <= 32 && ASCII.test(uname) && ASCII.test(gname) &&
    mtime < 0o100000000000;
}

function memberName({ name, type }: TarHeader): string {
  return type === "directory" && !name.endsWith("/") ? name + "/" : name;
}

function encodePax(header: TarHeader): Uint8Array<ArrayBuffer> {
  const name = memberName(header);
  const records: [string, string][] = [];
  for (
    const [keyword, value, limit] of [
      ["path", name, 100],
      ["linkpath", header.linkname, 100],
      ["uname", header.uname, 32],
      ["gname", header.gname, 32],
    ] as const
  ) {
    if (value.length > limit || !ASCII.test(value)) records.push([keyword, value]);
  }
  const numbers = { uid: header.uid, gid: header.gid, size: header.size, mtime: header.mtime };
  for (
    const [keyword, limit] of [
      ["uid", 0o10000000],
      ["gid", 0o10000000],
      ["size", 0o100000000000],
      ["mtime", 0o100000000000],
    ] as const
  ) {
    if (numbers[keyword] < limit) continue;
    records.push([keyword, String(numbers[keyword])]);
    numbers[keyword] = 0;
  }
  const main = ustarBlock({
    ...header,
    ...numbers,
    flag: TYPE_FLAG[header.type],
    name: asciiField(name),
    linkname: asciiField(header.linkname),
    uname: asciiField(header.uname),
    gname: asciiField(header.gname),
  });
  if (records.length === 0) return main;
  return concatenate([extendedHeader(records), main]);
}

/** What a field that holds ASCII only shows: one `?` for each other character. */
function asciiField(text: string): string {
  if (ASCII.test(text)) return text;
  let field = "";
  for (const character of text) field += character.charCodeAt(0) < 0x80 ? character : "?";
  return field;
}

/** POSIX.1-2017, pax, "pax Extended Header". */
function extendedHeader(records: readonly [string, string][]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  if (!records.every(([, value]) => isUtf8(value))) {
    parts.push(encodeName("21 hdrcharset=BINARY\n"));
  }
  for (const [keyword, value] of records) {
    const record = encodeName(` ${keyword}=${value}\n`);
    // The length counts its own digits.
    let length = record.length + String(record.length).length;
    if (record.length + String(length).length !== length) length++;
    parts.push(encodeName(String(length)), record);
  }
  return privateMember("././@PaxHeader", "x", concatenate(parts), 0, USTAR);
}

const USTAR = "ustar\x0000";
const GNU = "ustar  \0";

function encodeGnu(header: TarHeader): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const name = encodeName(memberName(header));
  const linkname = encodeName(header.linkname);
  if (linkname.length > 100) {
    parts.push(privateMember("././@LongLink", "K", terminated(linkname), 0o644, GNU));
  }
  if (name.length > 100) {
    parts.push(privateMember("././@LongLink", "L", terminated(name), 0o644, GNU));
  }
  const flag = TYPE_FLAG[header.type];
  const block = ustarBlock({ ...header, flag, name: "", linkname: "" }, GNU);
  block.set(name.subarray(0, 100), 0);
  block.set(linkname.subarray(0, 100), 157);
  writeChecksum(block);
  parts.push(block);
  return concatenate(parts);
}

function terminated(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  return out;
}

/** A member that only tells of the next one. */
function privateMember(
  name: string,
  flag: string,
  data: Uint8Array,
  mode: number,
  magic: string,
): Uint8Array<ArrayBuffer> {
  const fields = { name, mode, uid: 0, gid: 0, size: data.length, mtime: 0, linkname: "" };
  const block = ustarBlock({ ...fields, flag, uname: "", gname: "" }, magic);
  return concatenate([block, data, new Uint8Array(padding(data.length))]);
}

interface UstarFields extends Omit<TarHeader, "type"> {
  readonly flag: string;
}

/** One block; the strings must be ASCII and the numbers must fit. */
function ustarBlock(fields: UstarFields, magic = USTAR): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK);
  text(block, 0, 100, fields.name);
  octal(block, 100, 7, fields.mode);
  octal(block, 108, 7, fields.uid);
  octal(block, 116, 7, fields.gid);
  octal(block, 124, 11, fields.size);
  octal(block, 136, 11, fields.mtime);
  text(block, 156, 1, fields.flag);
  text(block, 157, 100, fields.linkname);
  text(block, 257, 8, magic);
  text(block, 265, 32, fields.uname);
  text(block, 297, 32, fields.gname);
  writeChecksum(block);
  return block;
}

function writeChecksum(block: Uint8Array): void {
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i]!;
  octal(block, 148, 6, sum);
  block[154] = 0;
}

function text(block: Uint8Array, at: number, width: number, value: string): void {
  const length = Math.min(value.length, width);
  for (let i = 0; i < length; i++) block[at + i] = value.charCodeAt(i);
}

function octal(block: Uint8Array, at: number, digits: number, value: number): void {
  for (let i = at + digits - 1; i >= at; i--) {
    block[i] = 0x30 + value % 8;
    value = Math.floor(value / 8);
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (parts.length === 1) return parts[0] as Uint8Array<ArrayBuffer>;
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
