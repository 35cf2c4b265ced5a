/**
 * A thread that compresses one block after another, each on its own.
 * @module
 */

import { constants, gzipSync, zstdCompressSync } from "node:zlib";

/** What a worker is asked: a block, and how to compress it. */
export interface Block {
  readonly kind: "gz" | "zstd";
  readonly level: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The part of a worker's global object that is used here. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: MessageEvent<Block>) => void): void;
  postMessage(message: Uint8Array, transfer: ArrayBuffer[]): void;
}

const scope = self as unknown as WorkerScope;
scope.addEventListener("message", ({ data: { kind, level, bytes } }) => {
  const made = kind === "gz"
    ? gzipSync(bytes, { level })
    : zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } });
  // Node's buffers may be parts of a larger one.
  const own = new Uint8Array(made);
  scope.postMessage(own, [own.buffer]);
});
