/**
 * Access control lists, which ext4 stores in a form of its own.
 *
 * On disk: `struct ext4_acl_header` and entries (fs/ext4/acl.h); as an extended attribute:
 * `struct posix_acl_xattr_header` and entries (include/uapi/linux/posix_acl_xattr.h).
 * @module
 */

const DISK_VERSION = 1;
const XATTR_VERSION = 2;
const HEADER = 4;

/** A tag and permissions, and in half of the forms who it is for. */
const SHORT_ENTRY = 4;
const LONG_ENTRY = 8;

/** The tags of entries that name a user or a group. */
const ACL_USER = 0x2;
const ACL_GROUP = 0x8;

const NOBODY = 0xffffffff;

/** The attribute as getxattr(2) gives it; undefined if the list makes no sense. */
export function aclAttribute(stored: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const from = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (stored.length < HEADER || from.getUint32(0, true) !== DISK_VERSION) return undefined;
  const to = new DataView(new ArrayBuffer(HEADER + stored.length / SHORT_ENTRY * LONG_ENTRY));
  to.setUint32(0, XATTR_VERSION, true);
  let written = HEADER;
  for (let at = HEADER; at < stored.length; written += LONG_ENTRY) {
    if (at + SHORT_ENTRY > stored.length) return undefined;
    const tag = from.getUint16(at, true);
    const named = tag === ACL_USER || tag === ACL_GROUP;
    if (named && at + LONG_ENTRY > stored.length) return undefined;
    to.setUint16(written, tag, true);
    to.setUint16(written + 2, from.getUint16(at + 2, true), true);
    to.setUint32(written + 4, named ? from.getUint32(at + 4, true) : NOBODY, true);
    at += named ? LONG_ENTRY : SHORT_ENTRY;
  }
  return new Uint8Array(to.buffer, 0, written);
}
