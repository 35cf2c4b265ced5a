/**
 * File names as strings that can hold any bytes.
 *
 * A name is decoded as UTF-8; each byte that is not part of valid UTF-8 becomes the lone surrogate
 * U+DC00 + byte (PEP 383, "surrogateescape"), as in Python, whose `tarfile` set the format.
 * @module
 */

import { Buffer } from "node:buffer";

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** More arguments than some thousands are too many for a function. */
const MOST_UNITS = 4096;

/** Most names are as short. */
const SHORT = 100;

/** Decodes the bytes of a name; never fails and never loses a byte. */
export function decodeName(bytes: Uint8Array): string {
  if (bytes.length <= SHORT) {
    // Faster than a call of the decoder.
    let name = "";
    let i = 0;
    for (; i < bytes.length && bytes[i]! < 0x80; i++) name += String.fromCharCode(bytes[i]!);
    if (i === bytes.length) return name;
  }
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return decodeUneven(bytes);
  }
}

/** For names of which a part is not UTF-8: linear in time, as hostile ones may be long. */
function decodeUneven(bytes: Uint8Array): string {
  const parts: string[] = [];
  let units: number[] = [];
  for (let i = 0; i < bytes.length;) {
    const length = characterLength(bytes, i);
    if (length > 1) {
      const point = codePoint(bytes, i, length);
      if (point >= 0x10000) units.push(0xd800 + ((point - 0x10000) >> 10));
      units.push(point >= 0x10000 ? 0xdc00 + (point & 0x3ff) : point);
      i += length;
    } else {
      const byte = bytes[i++]!;
      units.push(length === 1 ? byte : 0xdc00 + byte);
    }
    if (units.length < MOST_UNITS && i < bytes.length) continue;
    parts.push(String.fromCharCode(...units));
    units = [];
  }
  return parts.join("");
}

/** The valid character at `at`, of two bytes or more. */
function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let point = bytes[at]! & (0x7f >> length);
  for (let i = 1; i < length; i++) point = point << 6 | bytes[at + i]! & 0x3f;
  return point;
}

/** The length of the valid UTF-8 character at `at` (Unicode standard, table 3-7), or 0. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0xff;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  const second = bytes[at + 1] ?? 0;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) {
    const next = bytes[at + i] ?? 0;
    if (next < 0x80 || next > 0xbf) return 0;
  }
  return length;
}

/** Whether every character of `name` has an encoding in UTF-8. */
export function isUtf8(name: string): boolean {
  return name.isWellFormed();
}

/** The bytes of a name: the inverse of {@linkcode decodeName}. */
export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  if (isUtf8(name)) return utf8.encode(name);
  const bytes: number[] = [];
  for (const character of name) {
    const code = character.codePointAt(0)!;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...utf8.encode(character));
  }
  return Uint8Array.from(bytes);
}

/**
 * Compares by code point, as Python and (over UTF-8) `strcmp` do; JavaScript's `<` compares UTF-16
 * units and puts characters beyond U+FFFF before U+E000.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    if (x < 0xd800 || y < 0xd800) return x - y;
    // Behind an equal high surrogate, either may be the low half of a pair.
    const before = i === 0 ? 0 : a.charCodeAt(i - 1);
    const paired = before >= 0xd800 && before < 0xdc00;
    return (paired ? a.codePointAt(i - 1)! - b.codePointAt(i - 1)! : 0) ||
      a.codePointAt(i)! - b.codePointAt(i)!;
  }
  return a.length - b.length;
}

/** Compares by the bytes of the names, as GNU tar does: another order where they are not UTF-8. */
export function compareBytes(a: string, b: string): number {
  if (isUtf8(a) && isUtf8(b)) return compareCodePoints(a, b);
  return Buffer.compare(encodeName(a), encodeName(b));
}
