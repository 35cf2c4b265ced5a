/**
 * What a docker-archive has around its layers, as nixpkgs' streamLayeredImage writes it.
 * @module
 */

import { archiveEnd, BLOCK, encodeHeader, padding, roundUp } from "../tar/header.ts";
import type { TarHeader } from "../tar/tar_header.ts";

/** The name of a layer's member. */
export function memberOf(id: string): string {
  return `${id}/layer.tar`;
}

/** The members of an archive, one after the other. */
export class ArchiveFrame {
  readonly #mtime: number;
  #written = 0;

  /** @param mtime of its members, in seconds since the epoch */
  constructor(mtime: number) {
    this.#mtime = mtime;
  }

  /** The header of a file, or of a directory if its name ends with a slash. */
  member(name: string, size: number): Uint8Array<ArrayBuffer> {
    const kind = name.endsWith("/")
      ? { type: "directory", mode: 0o755 } as const
      : { type: "file", mode: 0o644 } as const;
    const owner = { uid: 0, gid: 0, uname: "", gname: "" };
    return this.header({ name, ...kind, size, mtime: this.#mtime, linkname: "", ...owner });
  }

  /** A header that says all by itself. */
  header(header: TarHeader): Uint8Array<ArrayBuffer> {
    const bytes = encodeHeader(header, "pax");
    this.#written += bytes.length + roundUp(header.size, BLOCK);
    return bytes;
  }

  /** A whole file. */
  *file(name: string, content: string | Uint8Array): Generator<Uint8Array> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    yield this.member(name, bytes.length);
    yield bytes;
    yield new Uint8Array(padding(bytes.length));
  }

  /** What comes behind the last member. */
  end(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(archiveEnd(this.#written) - this.#written);
  }
}
