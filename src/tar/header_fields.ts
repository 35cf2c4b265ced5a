/**
 * The fields of tar headers. Their errors are `SyntaxError`s.
 * @module
 */

import type { Buffer } from "node:buffer";

/** The text before the first NUL. */
export function textField(text: string): string {
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** A number: octal digits, or binary where the first bit is set, as GNU tar writes large ones. */
export function numberField(bytes: Buffer): number {
  const value = (bytes[0] ?? 0) & 0x80
    ? Number(BigInt.asIntN(8 * bytes.length - 1, BigInt(`0x${bytes.toString("hex")}`)))
    : octal(bytes.toString("latin1"));
  return checked(value);
}

function octal(field: string): number {
  const digits = textField(field.replace(/^[ \0]+|[ \0]+$/g, ""));
  if (!/^[0-7]*$/.test(digits)) throw new SyntaxError("a field is not an octal number");
  return digits === "" ? 0 : parseInt(digits, 8);
}

/** A decimal number of an extended header. */
export function paxNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new SyntaxError("an extended header has no number for a number");
  return checked(Number(text));
}

function checked(value: number): number {
  if (!Number.isSafeInteger(value)) throw new SyntaxError("a number is too large");
  return value;
}

/** Checks the checksum of a header block: that of unsigned bytes, or of signed ones. */
export function checkSum(block: Buffer): void {
  let unsigned = 0, signed = 0;
  for (let i = 0; i < block.length; i++) {
    const byte = i >= 148 && i < 156 ? 0x20 : block[i] ?? 0;
    unsigned += byte;
    signed += byte << 24 >> 24;
  }
  const sum = numberField(block.subarray(148, 156));
  if (sum !== unsigned && sum !== signed) throw new SyntaxError("a wrong checksum");
}

/** The records of an extended header (POSIX.1-2017, pax): each begins with its own length. */
export function paxRecords(text: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const [digits = "", length = ""] = /^(\d+) /.exec(text.slice(at, at + 20)) ?? [];
    const record = text.slice(at + digits.length, at + Number(length));
    const equals = record.indexOf("=");
    if (length === "" || equals < 1 || !record.endsWith("\n")) {
      throw new SyntaxError("an extended header is damaged");
    }
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at += Number(length);
  }
  return records;
}
