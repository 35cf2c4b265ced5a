/**
 * What fakeroot pretends: owners, modes and devices by inode, as `fakeroot -s` saves them.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { FileType } from "../tar/tar_header.ts";
import { type DeviceNumbers, deviceNumbers, fileTypeOf } from "./file_mode.ts";

/** What fakeroot shows of a file. */
export interface FakerootRecord {
  /** Undefined for a socket. */
  readonly type: FileType | undefined;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Numbers of a character or block device. */
  readonly device: DeviceNumbers | undefined;
}

// Written by faked with "dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu\n".
const LINE =
  /^dev=([0-9a-f]+),ino=([0-9]+),mode=([0-7]+),uid=([0-9]+),gid=([0-9]+),nlink=[0-9]+,rdev=([0-9]+)$/;

/** The files that fakeroot knows of. */
export class FakerootState {
  readonly #records = new Map<string, FakerootRecord>();

  /**
   * Reads what `fakeroot -s` wrote.
   *
   * @param name of the file, for errors
   * @throws {ImageError} if a line is not as fakeroot writes it.
   */
  static parse(text: string, name: string): FakerootState {
    const state = new FakerootState();
    text.split("\n").forEach((line, index) => {
      if (line === "") return;
      const [, dev = "", ino = "", mode = "", uid, gid, rdev = ""] = LINE.exec(line) ?? [];
      if (dev === "") {
        throw new ImageError(
          `${name}, line ${index + 1}: not what fakeroot writes: ${JSON.stringify(line)}`,
        );
      }
      const bits = parseInt(mode, 8), type = fileTypeOf(bits);
      state.#records.set(key(BigInt(`0x${dev}`), BigInt(ino)), {
        type,
        mode: bits & 0o7777,
        uid: Number(uid),
        gid: Number(gid),
        device: type === "character" || type === "block" ? deviceNumbers(BigInt(rdev)) : undefined,
      });
    });
    return state;
  }

  /** What is known of the file with this inode on this device; undefined if nothing was changed. */
  lookup(dev: bigint, ino: bigint): FakerootRecord | undefined {
    return this.#records.get(key(dev, ino));
  }
}

function key(dev: bigint, ino: bigint): string {
  return `${dev}:${ino}`;
}
