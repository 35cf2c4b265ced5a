/**
 * A cache in memory, to be served by a {@linkcode WireServer}, and what servers make of its files.
 * @module
 */

import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { CacheCompression } from "./binary_caches.ts";
import { inDirectory, output } from "./directories.ts";
import { encode, type Framing, sent, type WireAnswer, type WireRequest } from "./wire_server.ts";

/** See above. */
export class WireCache {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();

  /** The files of the cache in a directory. */
  constructor(directory: string) {
    for (const below of ["", "nar/"]) {
      for (const { name, isFile } of Deno.readDirSync(`${directory}/${below}`)) {
        if (!isFile) continue;
        this.#files.set(below + name, Deno.readFileSync(`${directory}/${below}${name}`));
      }
    }
  }

  /** The bytes of a file. */
  file(name: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#files.get(name);
    if (bytes === undefined) throw new Error(`The cache has no ${name}`);
    return bytes;
  }

  /** The name of the file with the NAR of a path. */
  narFileOf(path: string): string {
    return /^URL: (.*)$/m.exec(this.#text(narinfoOf(path)))?.[1] ?? "";
  }

  /** The narinfo of a path with other fields, which nobody has signed. */
  narinfoWith(path: string, fields: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
    const kept = this.#text(narinfoOf(path)).split("\n")
      .filter((line) => line !== "" && !(line.split(":")[0]! in fields));
    const added = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return encode(`${[...kept, ...added].join("\n")}\n`);
  }

  /** What a server without a fault answers. */
  answer({ path, from }: WireRequest, framing: Framing = "length"): WireAnswer {
    const body = this.#files.get(path);
    if (body !== undefined) return sent(body, { from, framing });
    return { parts: [encode("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")], then: "next" };
  }

  #text(name: string): string {
    return new TextDecoder().decode(this.file(name));
  }
}

/** The name of a path's narinfo. */
export function narinfoOf(path: string): string {
  return `${path.slice("/nix/store/".length).slice(0, 32)}.narinfo`;
}

/** The name of its listing. */
export function listingOf(path: string): string {
  return narinfoOf(path).replace(/narinfo$/, "ls");
}

/** What others make of bytes; of most of these, several may follow one another. */
export async function compressed(
  compression: CacheCompression,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  switch (compression) {
    case "none":
      return bytes;
    case "gzip":
      return gzipSync(bytes);
    case "zstd":
      return zstdCompressSync(bytes);
    case "br":
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
    case "xz":
    case "bzip2": {
      let made = new Uint8Array();
      await inDirectory(async (directory) => {
        await Deno.writeFile(`${directory}/plain`, bytes);
        made = await output(compression, "-c", "-1", `${directory}/plain`);
      });
      return made;
    }
  }
}
