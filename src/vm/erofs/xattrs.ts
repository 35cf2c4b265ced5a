/**
 * Extended attributes, as the inodes of an EROFS file system hold them.
 * @module
 */

import { compareBytes, encodeName } from "../../tar/name.ts";
import type { MemberType } from "../../tar/tar_header.ts";

/** Numbers of what names begin with; those of ACLs have nothing else. */
const PREFIXES: readonly (readonly [prefix: string, number: number])[] = [
  ["user.", 1],
  ["system.posix_acl_access", 2],
  ["system.posix_acl_default", 3],
  ["trusted.", 4],
  ["security.", 6],
];

/** The overlay's driver takes them for its own. */
const OVERLAY = "trusted.overlay.";

const HEADER = 12, ENTRY = 4, ALIGNMENT = 4;
const LONGEST_NAME = 0xff, LONGEST_VALUE = 0xffff;

/** What follows the header may take so many bytes. */
const MOST = (0xffff - 1) * ALIGNMENT;

const NONE = new Uint8Array(0);

/** Empty if there are none. What Linux has no place for is left out. */
export function encodeXattrs(
  type: MemberType,
  xattrs: ReadonlyMap<string, Uint8Array> | undefined,
): Uint8Array {
  const entries: Uint8Array[] = [];
  let size = 0;
  for (const [name, value] of [...xattrs ?? []].sort(([a], [b]) => compareBytes(a, b))) {
    const entry = encodeEntry(type, name, value);
    if (entry === undefined || size + entry.length > MOST) continue;
    entries.push(entry);
    size += entry.length;
  }
  if (size === 0) return NONE;
  const bytes = new Uint8Array(HEADER + size);
  let at = HEADER;
  for (const entry of entries) {
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}

function encodeEntry(type: MemberType, name: string, value: Uint8Array): Uint8Array | undefined {
  if (name.startsWith(OVERLAY)) return undefined;
  // Linux lists them for other types, but does not let anyone read them.
  if (name.startsWith("user.") && type !== "file" && type !== "directory") return undefined;
  const [prefix, number] = PREFIXES.find(([prefix]) => name.startsWith(prefix)) ?? [];
  if (prefix === undefined || number === undefined) return undefined;
  const rest = encodeName(name.slice(prefix.length));
  const isWhole = !prefix.endsWith(".");
  if (isWhole !== (rest.length === 0)) return undefined;
  if (rest.length > LONGEST_NAME || value.length > LONGEST_VALUE) return undefined;
  const length = ENTRY + rest.length + value.length;
  const bytes = new Uint8Array(Math.ceil(length / ALIGNMENT) * ALIGNMENT);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, rest.length);
  view.setUint8(1, number);
  view.setUint16(2, value.length, true);
  bytes.set(rest, ENTRY);
  bytes.set(value, ENTRY + rest.length);
  return bytes;
}
