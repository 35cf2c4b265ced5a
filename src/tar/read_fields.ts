/**
 * The fields of tar headers and the records of extended headers, as hostile archives may have them.
 * @module
 */

import { BLOCK } from "./header.ts";
import { decodeName } from "./name.ts";

/** Extended headers and long names are read into memory: no more of them than so many bytes. */
export const MAX_METADATA: number = 1 << 20;

/** Linux opens no name of more than 4096 bytes. */
export const MAX_LONG_NAME: number = 1 << 16;

/** Records in one extended header: no file has so many attributes. */
const MAX_RECORDS = 1000;

/** The text of a field: up to the first NUL. */
export function readText(block: Uint8Array, at: number, width: number): string {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  return decodeName(end === -1 ? field : field.subarray(0, end));
}

/** What says the format: `ustar` in ustar and pax, `ustar  ` in GNU's, something else before. */
export function readMagic(block: Uint8Array): string {
  return readText(block, 257, 8);
}

/** The name. In ustar, a long one is in two parts; GNU tar has other things in the first's place. */
export function readName(block: Uint8Array): string {
  const name = readText(block, 0, 100);
  // The tar named star has times in the last bytes of the field, and says that it is star.
  const width = readText(block, 508, 4) === "tar" ? 131 : 155;
  const prefix = readMagic(block) === "ustar" ? readText(block, 345, width) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/**
 * The number in a field: octal digits among blanks and NULs, or base 256 as GNU tar has it for what
 * does not fit; undefined if it is neither, or beyond the numbers that JavaScript has exactly.
 */
export function readNumber(block: Uint8Array, at: number, width: number): number | undefined {
  if ((block[at] ?? 0) >= 0x80) return readBase256(block.subarray(at, at + width));
  const end = at + width;
  let value = 0;
  while (at < end && isBlank(block[at])) at++;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    // POSIX ends a number with a blank or a NUL; what stands behind them is no part of it.
    if (digit < 0 || digit > 7) return isBlank(block[at]) ? safe(value) : undefined;
    value = value * 8 + digit;
  }
  return safe(value);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

/** Two's complement, in which the highest bit but one is the sign: the highest says what this is. */
function readBase256(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  let value = (first & 0x40) === 0 ? first & 0x7f : (first & 0x7f) - 0x80;
  for (const byte of field.subarray(1)) value = value * 256 + byte;
  return safe(value);
}

function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether a header's checksum is right: by unsigned bytes, or by signed ones as old tars had it. */
export function hasValidChecksum(block: Uint8Array): boolean {
  const expected = readNumber(block, 148, 8);
  let unsigned = 8 * 0x20, signed = unsigned;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i] ?? 0;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  return expected === unsigned || expected === signed;
}

/** Records of an extended header by keyword. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

const BLANK = 0x20, EQUALS = 0x3d, NEWLINE = 0x0a;

/** The records of an extended header; undefined if it is broken, or has more than 1000. */
export function readPaxRecords(bytes: Uint8Array): PaxRecords | undefined {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(BLANK, at);
    if (blank === -1) return undefined;
    const digits = decodeName(bytes.subarray(at, blank));
    const end = at + (/^[0-9]{1,9}$/.test(digits) ? Number(digits) : 0);
    const equals = bytes.indexOf(EQUALS, blank);
    // An equals sign that is not there (-1) leaves no keyword either.
    if (equals < blank + 2 || equals >= end || bytes[end - 1] !== NEWLINE) return undefined;
    records.set(
      decodeName(bytes.subarray(blank + 1, equals)),
      bytes.slice(equals + 1, end - 1),
    );
    if (records.size > MAX_RECORDS) return undefined;
    at = end;
  }
  return records;
}

/** The number that a record says, rounded down; undefined if it says none. */
export function readPaxNumber(text: string): number | undefined {
  return /^-?[0-9]+(\.[0-9]*)?$/.test(text) ? safe(Math.floor(Number(text))) : undefined;
}

/** Whether records tell of a file with holes, whose content is another than the archive has. */
export function tellOfSparseFile(records: PaxRecords): boolean {
  return [...records.keys()].some((keyword) => keyword.startsWith("GNU.sparse."));
}

const XATTR = "SCHILY.xattr.";

/** The extended attributes among records, by full name as the records spell it. */
export function xattrsAmong(records: PaxRecords): Map<string, Uint8Array> {
  return new Map(
    [...records].filter(([keyword]) => keyword.startsWith(XATTR))
      .map(([keyword, value]) => [keyword.slice(XATTR.length), value]),
  );
}
