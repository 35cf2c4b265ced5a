/** Members of tar archives that show what readers must know. */

import type { TarRecipeMember } from "./tars.ts";

/** A member of each kind, and names that are hard. */
export const KINDS: readonly TarRecipeMember[] = [
  { name: "d", type: "directory", mode: 0o1777, uid: 7, gid: 8, mtime: 315532800 },
  { name: "d/f", content: "content", mode: 0o4755, uname: "alice", gname: "users" },
  { name: "d/hard", type: "link", linkname: "d/f" },
  { name: "l", type: "symlink", linkname: "../else where", mode: 0o777 },
  { name: "c", type: "character", device: [5, 1] },
  { name: "b", type: "block", device: [8, 300] },
  { name: "p", type: "fifo" },
  { name: "empty", mode: 0 },
  { name: "block", content: "x".repeat(512) },
  { name: "more", content: "y".repeat(1025) },
  { name: "a b/é 文", content: "name" },
  { name: "../up" },
  { name: "/absolute" },
];

/** Names and targets that a header's field does not hold, or just so. */
export const LONG: readonly TarRecipeMember[] = [100, 101, 255, 256, 1000].flatMap((length) => [
  { name: "n".repeat(length) },
  { name: `d/${"é".repeat(length / 2)}`, content: "c" },
  { name: `l${length}`, type: "symlink" as const, linkname: "t".repeat(length) },
]);

/** Names that are not UTF-8; the last one is too long for ustar. */
export const BYTES: readonly TarRecipeMember[] = [
  { name: "caf\udce9", content: "1" },
  { name: "\udcff\udc80", type: "symlink", linkname: "caf\udce9" },
  { name: "\udcff".repeat(200) },
];

/** Numbers that a header's field does not hold, or just so. */
export const LARGE: readonly TarRecipeMember[] = [
  { name: "ids", uid: 8 ** 7, gid: 2 ** 32 - 2, mtime: 8 ** 11 },
  { name: "fits", uid: 8 ** 7 - 1 },
  { name: "before 1970", mtime: -86400 },
];

/** What ustar holds in two fields: 155 and 100 bytes, and a slash between them. */
export const IN_TWO_PARTS: TarRecipeMember = {
  name: `${"p".repeat(60)}/${"q".repeat(94)}/${"n".repeat(100)}`,
  content: "two",
};
