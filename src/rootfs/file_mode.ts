/**
 * What the numbers of stat(2) say.
 * @module
 */

import type { FileType } from "../tar/tar_header.ts";

/** Numbers of a character or block device. */
export interface DeviceNumbers {
  readonly major: number;
  readonly minor: number;
}

/** The file type in a mode; undefined for a socket and whatever else a tar archive can't hold. */
export function fileTypeOf(mode: number): FileType | undefined {
  switch (mode & 0o170000) {
    case 0o010000:
      return "fifo";
    case 0o020000:
      return "character";
    case 0o040000:
      return "directory";
    case 0o060000:
      return "block";
    case 0o100000:
      return "file";
    case 0o120000:
      return "symlink";
    default:
      return undefined;
  }
}

/** Takes a device's number apart as Linux's C libraries do. */
export function deviceNumbers(rdev: bigint): DeviceNumbers {
  return {
    major: Number((rdev >> 8n & 0xfffn) | (rdev >> 32n & 0xfffff000n)),
    minor: Number((rdev & 0xffn) | (rdev >> 12n & 0xffffff00n)),
  };
}
