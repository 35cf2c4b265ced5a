/**
 * What is said of a member of an archive, whatever the format writes of it.
 * @module
 */

/** The two header formats. */
export type TarFormat = "pax" | "gnu";

/** What a member may be. */
export type FileType = "file" | "directory" | "symlink" | "fifo" | "character" | "block";

/** What a member may be: a `link` is another name, in `linkname`, of one that comes before. */
export type MemberType = FileType | "link";

/** What a header says of a member. */
export interface TarHeader {
  /** The name; a directory's gets its slash when it is written. May hold undecodable bytes. */
  readonly name: string;
  readonly type: MemberType;
  /** Permission bits, at most 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Where a symlink points, or what a link is another name of; empty for others. */
  readonly linkname: string;
  readonly uname: string;
  readonly gname: string;
  /** Numbers of a character or block device. */
  readonly device?: { readonly major: number; readonly minor: number } | undefined;
  /** Extended attributes by full name, such as `security.capability`; in the pax format alone. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined;
  /**
   * Records of the extended header that it has in another archive, which come before those that it
   * needs, and are taken for these where they have their keywords; in the pax format alone.
   */
  readonly records?: ReadonlyMap<string, string> | undefined;
}
