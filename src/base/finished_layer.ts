/**
 * The customisation layer of nixpkgs' streamLayeredImage: a directory with `layer.tar`, and its
 * sha256 in `checksum`.
 * @module
 */

import { ImageError } from "../errors.ts";
import { openFile, readingFrom } from "../store/files.ts";
import { shortened } from "../visible.ts";
import type { CopiedMember } from "./copied_member.ts";
import { hostName } from "./host_names.ts";
import { verifiedContent } from "./verified.ts";

/** Of what a wrong checksum is shown. */
const MOST_SHOWN = 80;

/**
 * The layer in `directory`. Its header has mode and owner of the file, as Python's `tarfile` takes
 * them from it.
 *
 * @param mtime of the member, in seconds since the epoch
 * @throws {ImageError} if it is not there, or without a checksum.
 */
export function finishedLayer(directory: string, mtime: number): CopiedMember {
  const checksumFile = `${directory}/checksum`;
  const text = readingFrom(checksumFile, () => Deno.readTextFileSync(checksumFile));
  const checksum = text.trim();
  if (!/^[0-9a-f]{64}$/.test(checksum)) {
    const found = shortened(JSON.stringify(checksum), MOST_SHOWN);
    throw new ImageError(`${checksumFile}: expected 64 hexadecimal digits, found ${found}`);
  }
  const file = `${directory}/layer.tar`;
  const { isFile, mode, uid, gid, size } = readingFrom(file, () => Deno.statSync(file));
  if (!isFile) throw new ImageError(`${file} is no file`);
  const diffId = `sha256:${checksum}`;
  const [user, group] = [uid ?? 0, gid ?? 0];
  return {
    label: "customisation layer",
    diffId,
    header: {
      name: `${checksum}/layer.tar`,
      type: "file",
      mode: (mode ?? 0) & 0o7777,
      uid: user,
      gid: group,
      uname: hostName("/etc/passwd", user),
      gname: hostName("/etc/group", group),
      size,
      mtime,
      linkname: "",
    },
    open: () => verifiedContent(() => openFile(file), { digest: diffId, size, name: file }),
  };
}
