/**
 * A tar that was read for its size, which nothing else tells.
 * @module
 */

import { readAt } from "../tar/byte_source.ts";
import { spooling } from "./spool_file.ts";

/** How much is read and written at a time, in bytes. */
const CHUNK = 1 << 20;

/** A tar in a file. */
export class SpooledTar {
  readonly #path: string;
  /** In bytes. */
  readonly size: number;

  private constructor(path: string, size: number) {
    this.#path = path;
    this.size = size;
  }

  /**
   * Reads a tar into a file.
   *
   * @param directory a private one, whose owner removes it with what was never read
   * @throws what the tar fails with
   * @throws {ImageError} if the file can not be written.
   */
  static async write(
    tar: ReadableStream<Uint8Array<ArrayBuffer>>,
    directory: string,
  ): Promise<SpooledTar> {
    const reader = tar.getReader({ mode: "byob" });
    const path = `${directory}/${crypto.randomUUID()}`;
    try {
      using file = spooling(() =>
        Deno.openSync(path, { write: true, createNew: true, mode: 0o600 })
      );
      let size = 0, buffer = new ArrayBuffer(CHUNK);
      for (;;) {
        const { value, done } = await reader.read(new Uint8Array(buffer));
        if (done) return new SpooledTar(path, size);
        spooling(() => {
          for (let at = 0; at < value.length;) at += file.writeSync(value.subarray(at));
        });
        size += value.length;
        buffer = value.buffer;
      }
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      removeIfThere(path);
      throw error;
    }
  }

  /** The tar; the file goes when it was read, or will not be. */
  open(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#open(() => removeIfThere(this.#path));
  }

  /** The tar, which can be opened again. */
  openAhead(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#open(() => {});
  }

  #open(onEnd: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
    let file: Deno.FsFile | undefined, at = 0;
    const end = () => {
      file?.close();
      file = undefined;
      onEnd();
    };
    return new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: CHUNK,
      pull: (controller) => {
        try {
          file ??= spooling(() => Deno.openSync(this.#path));
          const request = controller.byobRequest!, opened = file;
          const { buffer, byteOffset, byteLength } = request.view!;
          const view = new Uint8Array(buffer, byteOffset, byteLength);
          const length = spooling(() => readAt(opened, at, view));
          at += length;
          if (length === 0) {
            end();
            controller.close();
          }
          request.respond(length);
        } catch (error) {
          end();
          throw error;
        }
      },
      cancel: end,
    });
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone, or goes with its directory.
  }
}
