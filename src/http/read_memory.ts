/**
 * The memory that connections read into.
 * @module
 */

import type { Socket } from "node:net";
import { release } from "../memory.ts";

/** So much of a body tells how the rest comes, in bytes: more than is read at a time. */
const ENOUGH = 1 << 18;

/**
 * Gives back what a connection has read a body into, once it is sure that Deno copies bodies out of
 * it, as 2.9 does: left to the garbage collector, a hundred megabytes of it pile up.
 */
export class ReadMemory implements Disposable {
  readonly #socket: Socket;
  /** What was read while it is not known yet; undefined if bodies share their memory with it. */
  #read: Uint8Array[] | undefined = [];
  #seen = 0;
  #isCopied = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Where nobody listens, whoever did would take the bytes away.
    if (socket.listenerCount("data") > 0) socket.on("data", this.#take);
  }

  /** Is told of all parts of the body, in turn. */
  see({ buffer, length }: Uint8Array): void {
    if (this.#isCopied || this.#read === undefined) return;
    this.#seen += length;
    if (this.#read.some((bytes) => bytes.buffer === buffer)) this.#read = undefined;
    else if (this.#seen >= ENOUGH) {
      this.#isCopied = true;
      this.#read.forEach(releaseWhole);
      this.#read = undefined;
    }
  }

  readonly #take = (bytes: Uint8Array): void => {
    if (this.#isCopied) releaseWhole(bytes);
    else this.#read?.push(bytes);
  };

  [Symbol.dispose](): void {
    this.#socket.off("data", this.#take);
  }
}

/** Gives memory back that has nothing else in it. */
export function releaseWhole({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === buffer.byteLength) release(buffer);
}
