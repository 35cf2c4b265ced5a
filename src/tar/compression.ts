/**
 * What compressed files begin with.
 * @module
 */

/** The ways in which archives and layers are compressed. */
export type Compression = "gzip" | "zstd" | "xz" | "bzip2";

const ANY = -1;

const MAGIC: Readonly<Record<Compression, readonly number[]>> = {
  gzip: [0x1f, 0x8b],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
  // "BZh" alone may be the name of a tar's first member.
  bzip2: [0x42, 0x5a, 0x68, ANY, 0x31, 0x41, 0x59, 0x26],
};

/** So many bytes tell how a file is compressed. */
export const MAGIC_LENGTH = 8;

/** How the file that begins with `start` is compressed; undefined if it is not. */
export function compressionOf(start: Uint8Array): Compression | undefined {
  const names = Object.keys(MAGIC) as Compression[];
  return names.find((name) =>
    MAGIC[name].every((byte, index) => byte === ANY || start[index] === byte)
  );
}
