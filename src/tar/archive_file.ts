/**
 * Tar archives on disk, compressed or not, in which one can go back to a content.
 * @module
 */

import { ImageError } from "../errors.ts";
import { readingFrom } from "../store/files.ts";
import { type ByteSource, FileBytes, readAt } from "./byte_source.ts";
import { type Compression, compressionOf, MAGIC_LENGTH } from "./compression.ts";
import { decompress } from "./decompress.ts";
import type { ArchiveMember } from "./read.ts";
import { readTar } from "./read.ts";
import type { Content } from "./stream.ts";

/** How much compressed input is read at a time, in bytes. */
const CHUNK = 1 << 18;

/** Told what is wrong with what is read. */
export type OnDamage = (error: ImageError) => void;

/** Options of {@linkcode ArchiveFile.open}. */
interface OpenOptions {
  /** The archive, where `path` is only what to call it; it goes to a temporary file first. */
  readonly input?: ReadableStream<Uint8Array> | undefined;
  /** Told what is wrong with the compression, to go on with what came out before it. */
  readonly onDamage?: OnDamage | undefined;
}

/** An archive that is open. */
export class ArchiveFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Opens an archive. What is compressed is decompressed into a temporary file that has lost its
   * name by the time it is written to.
   *
   * @param options what is to be read instead of a file, and how
   * @throws {ImageError} if it can not be read.
   */
  static async open(path: string, { input, onDamage }: OpenOptions = {}): Promise<ArchiveFile> {
    const file = input ? await spooled(input) : readingFrom(path, () => Deno.openSync(path));
    try {
      const start = new Uint8Array(MAGIC_LENGTH);
      readingFrom(path, () => readAt(file, 0, start));
      const compression = compressionOf(start);
      if (compression === undefined) return new ArchiveFile(path, file);
      const plain = await decompressed(file, path, compression, onDamage);
      file.close();
      return new ArchiveFile(path, plain);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Its members, in their order. */
  members(): AsyncGenerator<ArchiveMember> {
    return readTar(this.bytes(), this.#path);
  }

  /** All of its bytes, from the first one. */
  bytes(): ByteSource {
    return new FileBytes(this.#file);
  }

  /** Opens the content of a member, as long as the archive is open. */
  content({ offset, size }: Pick<ArchiveMember, "offset" | "size">): Content {
    let at = 0;
    return {
      read: (into) => {
        const part = into.subarray(0, size - at);
        const length = readingFrom(this.#path, () => readAt(this.#file, offset + at, part));
        at += length;
        return length;
      },
      close: () => {},
    };
  }

  close(): void {
    this.#file.close();
  }
}

async function spooled(input: ReadableStream<Uint8Array>): Promise<Deno.FsFile> {
  const file = namelessFile();
  try {
    for await (const chunk of input) writeAll(file, chunk);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function decompressed(
  file: Deno.FsFile,
  path: string,
  compression: Compression,
  onDamage: OnDamage | undefined,
): Promise<Deno.FsFile> {
  const plain = namelessFile();
  let isWriting = false;
  try {
    const { size } = file.statSync();
    for await (const chunk of decompress(chunksOf(file, path), compression, size, path)) {
      isWriting = true;
      writeAll(plain, chunk);
      isWriting = false;
    }
    return plain;
  } catch (error) {
    if (onDamage && !isWriting && error instanceof ImageError) {
      onDamage(error);
      return plain;
    }
    plain.close();
    throw error;
  }
}

async function* chunksOf(file: Deno.FsFile, path: string): AsyncGenerator<Uint8Array> {
  for (let at = 0;;) {
    const chunk = new Uint8Array(CHUNK);
    const length = readingFrom(path, () => readAt(file, at, chunk));
    if (length === 0) return;
    yield chunk.subarray(0, length);
    at += length;
  }
}

/** A file that nothing leads to, so that it is gone when it is closed, however the program ends. */
function namelessFile(): Deno.FsFile {
  return writingTemporary(() => {
    const path = Deno.makeTempFileSync({ prefix: "nix-image-" });
    try {
      return Deno.openSync(path, { read: true, write: true });
    } finally {
      Deno.removeSync(path);
    }
  });
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += writingTemporary(() => file.writeSync(bytes.subarray(at)));
  }
}

function writingTemporary<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new ImageError(
      `Cannot write a temporary file: ${error.message}; TMPDIR names the directory for it`,
      { cause: error },
    );
  }
}
