/**
 * What an extended header (POSIX.1-2017, pax) says of a member whose own header can not.
 * @module
 */

import { ID_LIMIT, isAscii, NUMBER_LIMIT, utf8Length } from "./fields.ts";
import type { TarHeader } from "./tar_header.ts";
import { compareBytes, decodeName, isUtf8 } from "./name.ts";

/** Bytes for a name or a link target. */
export const NAME_FIELD = 100;
/** Bytes for a user's or group's name. */
export const OWNER_FIELD = 32;

/** A keyword and its value, in which surrogates stand for bytes that are not UTF-8. */
type PaxRecord = readonly [keyword: string, value: string];

/**
 * What the extended header of a member must hold, in Python's order and then its extended
 * attributes; undefined if it needs none.
 *
 * @param name as the archive has it: that of a directory with its slash
 */
export function extendedText(header: TarHeader, name: string): string | undefined {
  const { linkname, uname, gname, uid, gid, size, mtime, xattrs, records: given } = header;
  const longName = !fits(name, NAME_FIELD), longLink = !fits(linkname, NAME_FIELD);
  const ownerFits = fits(uname, OWNER_FIELD) && fits(gname, OWNER_FIELD) &&
    within(uid, ID_LIMIT) && within(gid, ID_LIMIT) && within(mtime, NUMBER_LIMIT);
  const attributed = xattrs !== undefined && xattrs.size > 0;
  const plain = !longName && !longLink && ownerFits && size < NUMBER_LIMIT;
  if (plain && !attributed && given === undefined) return undefined;

  const records: PaxRecord[] = [...given ?? []];
  const add = (keyword: string, value: string) => {
    if (!given?.has(keyword)) records.push([keyword, value]);
  };
  if (longName) add("path", name);
  if (longLink) add("linkpath", linkname);
  if (!fits(uname, OWNER_FIELD)) add("uname", uname);
  if (!fits(gname, OWNER_FIELD)) add("gname", gname);
  // It speaks of names alone, and so attributes, which are bytes anyway, ask for none.
  const binary = !records.every(([, value]) => isUtf8(value));
  if (!within(uid, ID_LIMIT)) add("uid", String(uid));
  if (!within(gid, ID_LIMIT)) add("gid", String(gid));
  if (!within(size, NUMBER_LIMIT)) add("size", String(size));
  if (!within(mtime, NUMBER_LIMIT)) add("mtime", String(mtime));
  if (attributed) records.push(...attributeRecords(xattrs));
  return (binary ? "21 hdrcharset=BINARY\n" : "") + records.map(recordText).join("");
}

/** A number for a field: 0 where an extended header has it. */
export function fitting(value: number, limit: number): number {
  return within(value, limit) ? value : 0;
}

function within(value: number, limit: number): boolean {
  return value >= 0 && value < limit;
}

function fits(text: string, width: number): boolean {
  return text.length <= width && isAscii(text);
}

/** Extended attributes by name, with what a keyword can not hold as GNU tar spells it. */
function attributeRecords(xattrs: ReadonlyMap<string, Uint8Array>): PaxRecord[] {
  return [...xattrs].sort(([a], [b]) => compareBytes(a, b)).map(([name, value]) => [
    `SCHILY.xattr.${name.replaceAll("%", "%25").replaceAll("=", "%3D")}`,
    decodeName(value),
  ]);
}

/** Each record begins with its own length. */
function recordText([keyword, value]: PaxRecord): string {
  // With the blank, "=" and the newline.
  const rest = utf8Length(value) + utf8Length(keyword) + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length++;
  return `${length} ${keyword}=${value}\n`;
}
