/**
 * Reading tar archives that others made: hostile input. All formats in use (v7, ustar, GNU, pax),
 * with names that are bytes, and the place of each content, to come back to.
 *
 * The formats: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar
 * manual, "Basic Tar Format".
 * @module
 */

import { ImageError } from "../errors.ts";
import { quoted } from "../visible.ts";
import { type ByteSource, readFully } from "./byte_source.ts";
import type { TarHeader } from "./tar_header.ts";
import { BLOCK, padding } from "./header.ts";
import { decodeName } from "./name.ts";
import {
  hasValidChecksum,
  MAX_LONG_NAME,
  MAX_METADATA,
  type PaxRecords,
  readName,
  readNumber,
  readPaxNumber,
  readPaxRecords,
  readText,
  tellOfSparseFile,
  xattrsAmong,
} from "./read_fields.ts";

/** A member of an archive. Nothing in it is checked but its form: names may lead anywhere. */
export interface ArchiveMember extends Omit<TarHeader, "xattrs" | "records"> {
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** What extended headers say of it, as they say it. */
  readonly records: PaxRecords;
  /** Where its content starts, in bytes from the start of the archive. */
  readonly offset: number;
  /** Reads on in its content, as long as it is the current member; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

const TYPES: Readonly<Record<string, ArchiveMember["type"]>> = {
  "\0": "file",
  "0": "file",
  "7": "file", // contiguous
  "1": "link",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

/** Records of global extended headers: every member is asked for all of them. */
const MAX_GLOBALS = 100;

/**
 * The members of an archive, in its order. It ends with the first block of zeros, or where a header
 * would begin; what comes behind that is not looked at.
 *
 * @param name what to call the archive in an error
 * @throws {ImageError} where the archive is broken, ends within a member, or has something that is
 * not supported (sparse files, parts of archives in several volumes).
 */
export async function* readTar(source: ByteSource, name: string): AsyncGenerator<ArchiveMember> {
  let at = 0;
  const globals = new Map<string, Uint8Array>();
  let globalSize = 0;
  let records: PaxRecords = new Map();
  let longName: Uint8Array | undefined, longLink: Uint8Array | undefined;

  const metadata = async (size: number): Promise<Uint8Array> => {
    if (size > MAX_METADATA) throw broken(name, `an extended header of ${size} bytes`);
    const bytes = new Uint8Array(size);
    if (await readFully(source, bytes) < size) throw endsEarly(name);
    await skip(padding(size));
    at += size;
    return bytes;
  };
  const skip = async (length: number): Promise<void> => {
    if (!await source.skip(length)) throw endsEarly(name);
    at += length;
  };

  const filling = new Uint8Array(BLOCK);
  for (;;) {
    const block = new Uint8Array(BLOCK);
    const length = await readFully(source, block);
    at += length;
    // Some archives lack the blocks of zeros that end them.
    if (length === 0 || length === BLOCK && isZero(block)) return;
    if (length < BLOCK) throw at === length ? broken(name, "too short") : endsEarly(name);
    if (!hasValidChecksum(block)) throw broken(name, `no header at byte ${at - BLOCK}`);
    const flag = String.fromCharCode(block[156] ?? 0);
    const fieldSize = readNumber(block, 124, 12);
    if (fieldSize === undefined || fieldSize < 0) {
      throw broken(name, "a member's size is no number");
    }

    if (flag === "L" || flag === "K") {
      if (fieldSize > MAX_LONG_NAME) throw broken(name, `a name of ${fieldSize} bytes`);
      const bytes = await metadata(fieldSize);
      if (flag === "L") longName = bytes;
      else longLink = bytes;
      continue;
    }
    if (flag === "x" || flag === "X" || flag === "g") {
      const found = readPaxRecords(await metadata(fieldSize));
      if (found === undefined) throw broken(name, "a broken extended header");
      if (flag === "g") {
        for (const [keyword, value] of found) {
          globalSize += value.length - (globals.get(keyword)?.length ?? 0);
          globals.set(keyword, value);
        }
        if (globals.size > MAX_GLOBALS || globalSize > MAX_METADATA) {
          throw broken(name, "too many global extended headers");
        }
      } else records = found;
      continue;
    }
    if (flag === "V") { // the name of the archive
      await skip(fieldSize + padding(fieldSize));
      continue;
    }
    const all = globals.size === 0 ? records : new Map([...globals, ...records]);
    const header = memberOf(block, flag, all, {
      name: longName,
      linkname: longLink,
      size: fieldSize,
      archive: name,
    });
    records = new Map();
    longName = longLink = undefined;

    const offset = at;
    let left = header.size;
    yield {
      ...header,
      offset,
      async read(into) {
        if (at !== offset + header.size - left) return 0; // another member's turn
        const part = into.subarray(0, left);
        const length = await source.read(part);
        if (length === 0 && part.length > 0) throw endsEarly(name);
        left -= length;
        at += length;
        return length;
      },
    };
    const rest = left;
    left = 0;
    await skip(rest);
    const room = filling.subarray(0, padding(header.size));
    const filled = await readFully(source, room);
    // Nor have some what fills the last block, as those of `umoci insert`, which engines take.
    if (filled === 0 && room.length > 0) return;
    if (filled < room.length) throw endsEarly(name);
    at += filled;
  }
}

function isZero(block: Uint8Array): boolean {
  for (const byte of block) {
    if (byte !== 0) return false;
  }
  return true;
}

/** What was found before a member's own header, or in it. */
interface Found {
  readonly name: Uint8Array | undefined;
  readonly linkname: Uint8Array | undefined;
  readonly size: number;
  readonly archive: string;
}

function memberOf(
  block: Uint8Array,
  flag: string,
  records: PaxRecords,
  found: Found,
): Omit<ArchiveMember, "offset" | "read"> {
  const text = (keyword: string): string | undefined => {
    const value = records.get(keyword);
    // An empty value takes back what a global header said.
    return value === undefined || value.length === 0 ? undefined : decodeName(value);
  };
  const long = (bytes?: Uint8Array) => bytes && readText(bytes, 0, bytes.length);
  const name = text("path") ?? long(found.name) ?? readName(block);
  const linkname = text("linkpath") ?? long(found.linkname) ?? readText(block, 157, 100);
  const where = () => `${found.archive}: ${quoted(name)}`;
  if (name.includes("\0") || linkname.includes("\0")) throw broken(where(), "NUL in a name");
  if (flag === "S" || tellOfSparseFile(records)) {
    throw new ImageError(`${where()} is a sparse file: make the archive without tar's --sparse`);
  }
  const plain = TYPES[flag];
  if (plain === undefined) {
    throw new ImageError(`${where()} is of the type ${quoted(flag)}, which is not supported`);
  }
  // In v7, which knows no directories, a slash at the end tells them.
  const type = plain === "file" && name.endsWith("/") ? "directory" : plain;

  const number = (keyword: string, at: number, width: number, least = 0): number => {
    const record = text(keyword);
    const value = record === undefined ? readNumber(block, at, width) : readPaxNumber(record);
    if (value === undefined || value < least) {
      throw broken(where(), `${keyword} is no number that can be`);
    }
    return value;
  };
  const size = text("size") === undefined ? found.size : number("size", 124, 12);
  const isDevice = type === "character" || type === "block";
  return {
    name,
    type,
    linkname: type === "link" || type === "symlink" ? linkname : "",
    mode: number("mode", 100, 8) & 0o7777,
    uid: number("uid", 108, 8),
    gid: number("gid", 116, 8),
    // The size that some archives give to others is that of no content.
    size: type === "file" ? size : 0,
    mtime: number("mtime", 136, 12, -Infinity),
    uname: text("uname") ?? readText(block, 265, 32),
    gname: text("gname") ?? readText(block, 297, 32),
    device: isDevice
      ? { major: number("devmajor", 329, 8), minor: number("devminor", 337, 8) }
      : undefined,
    records,
    xattrs: new Map(
      Array.from(xattrsAmong(records), ([name, value]) => [attributeName(name), value]),
    ),
  };
}

/** GNU tar spells so what a keyword can not hold. */
function attributeName(spelt: string): string {
  return spelt.replaceAll("%3D", "=").replaceAll("%25", "%");
}

function broken(name: string, what: string): ImageError {
  return new ImageError(`${name}: not a tar archive, or a broken one: ${what}`);
}

function endsEarly(name: string): ImageError {
  return new ImageError(`${name}: the tar archive ends too early`);
}
