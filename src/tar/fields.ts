/**
 * Fields of a tar header: text and numbers in memory of a fixed width.
 * @module
 */

import { encodeName } from "./name.ts";

/** The first number that does not fit the octal field of an id or a device. */
export const ID_LIMIT = 8 ** 7;

/** The first number that does not fit the octal field of a size or a time. */
export const NUMBER_LIMIT = 8 ** 11;

/** The length of a text as bytes. */
export function utf8Length(text: string): number {
  return isAscii(text) ? text.length : encodeName(text).length;
}

/** Whether there is nothing but ASCII. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false;
  return true;
}

/** What a field that holds ASCII only shows: one `?` for each other character. */
export function asciiField(text: string): string {
  if (isAscii(text)) return text;
  let field = "";
  for (const character of text) field += character.charCodeAt(0) < 0x80 ? character : "?";
  return field;
}

/** Writes as much of `text` as fits into `width` bytes. */
export function writeText(bytes: Uint8Array, at: number, width: number, text: string): void {
  const length = Math.min(text.length, width);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return bytes.set(encodeName(text).subarray(0, width), at);
    bytes[at + i] = code;
  }
}

/**
 * Writes an id or the number of a device into a field of eight bytes, the last of which is 0. Where
 * it does not fit, the field is in base 256, as GNU tar has it.
 */
export function writeId(bytes: Uint8Array, at: number, value: number): void {
  if (value >= 0 && value < ID_LIMIT) writeOctal(bytes, at, 7, value);
  else writeBase256(bytes, at, 8, value);
}

/** Writes a size or a time into a field of twelve bytes, as {@linkcode writeId} does. */
export function writeNumber(bytes: Uint8Array, at: number, value: number): void {
  if (value >= 0 && value < NUMBER_LIMIT) writeOctal(bytes, at, 11, value);
  else writeBase256(bytes, at, 12, value);
}

/** Writes exactly so many octal digits. */
export function writeOctal(bytes: Uint8Array, at: number, digits: number, value: number): void {
  let i = at + digits - 1;
  // Bit operations are quick, but take 32 bits at most.
  for (; value > 0x7fffffff; value = Math.floor(value / 8)) bytes[i--] = 0x30 + value % 8;
  for (; i >= at; value >>>= 3) bytes[i--] = 0x30 + (value & 7);
}

/** The number in two's complement behind a byte that says so: 0x80, or 0xff where it is negative. */
function writeBase256(bytes: Uint8Array, at: number, width: number, value: number): void {
  bytes[at] = value < 0 ? 0xff : 0x80;
  // What is stored is taken modulo 256; flooring rounds negative numbers the right way.
  for (let i = at + width - 1; i > at; value = Math.floor(value / 256)) {
    bytes[i--] = value - 256 * Math.floor(value / 256);
  }
}
