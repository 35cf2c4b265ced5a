/**
 * Compression within the program: blocks of a fixed size, each compressed on its own by one of
 * several threads, one behind the other. Any gzip or zstd reads them as one stream.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { LayerForm } from "../layer/digest_cache.ts";
import type { Block } from "./compress_worker.ts";

/** gzip is a fifth faster than at its default of 6, for 0.3 % more bytes; zstd has its default. Larger blocks compress better, smaller ones keep more threads busy. */
const CODECS = {
  gz: { level: 5, blockSize: 1 << 20 },
  zstd: { level: 3, blockSize: 4 << 20 },
};

/** What is made of a layer: all that the bytes depend on besides its own. */
export function codecForm(kind: Block["kind"]): LayerForm {
  const { level, blockSize } = CODECS[kind];
  return `${kind}-${level}-${blockSize}-deno-${Deno.version.deno}`;
}

/**
 * The compressed `stream`, made by `threads`, or at most so many, which then end with it.
 *
 * The result fails with what `stream` fails with, and with an {@linkcode ImageError} if a thread
 * does.
 */
export function compressInWorkers(
  stream: ReadableStream<Uint8Array>,
  kind: Block["kind"],
  threads: number | CompressorThreads,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const parts = typeof threads === "number"
    ? compressedByOwnThreads(stream, kind, threads)
    : compressedBlocks(stream, kind, threads);
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  }, { highWaterMark: 0 });
}

async function* compressedByOwnThreads(
  stream: ReadableStream<Uint8Array>,
  kind: Block["kind"],
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  using threads = new CompressorThreads(limit);
  yield* compressedBlocks(stream, kind, threads);
  return undefined;
}

async function* compressedBlocks(
  stream: ReadableStream<Uint8Array>,
  kind: Block["kind"],
  threads: CompressorThreads,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  const coming: Promise<Uint8Array<ArrayBuffer>>[] = [];
  const { level, blockSize } = CODECS[kind];
  for await (const bytes of blocksOf(stream, blockSize)) {
    const compressed = threads.compress({ kind, level, bytes });
    // Its failure is seen when its turn comes, and must not count as unhandled until then.
    compressed.catch(() => {});
    coming.push(compressed);
    // As many wait as are in work, so that no thread does.
    const next = coming.length < 2 * threads.limit ? undefined : coming.shift();
    if (next) yield await next;
  }
  for (const last of coming) yield await last;
  return undefined;
}

/** Blocks of `size` bytes, in memory of their own; the last one is shorter, and the only one may be empty. */
async function* blocksOf(
  stream: ReadableStream<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let block = new Uint8Array(size);
  let length = 0;
  let blocks = 0;
  for await (const chunk of stream) {
    for (let rest = chunk; rest.length > 0;) {
      const part = rest.subarray(0, size - length);
      block.set(part, length);
      length += part.length;
      rest = rest.subarray(part.length);
      if (length < size) continue;
      yield block;
      blocks++;
      [block, length] = [new Uint8Array(size), 0];
    }
  }
  if (length > 0 || blocks === 0) yield block.slice(0, length);
}

interface Job {
  readonly block: Block;
  readonly resolve: (compressed: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: ImageError) => void;
}

/** Threads that are started when there is work for them, and end when this is disposed of. */
export class CompressorThreads implements Disposable {
  /** How many there are at most. */
  readonly limit: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: Job[] = [];
  readonly #running = new Map<Worker, Job>();

  /** Starts none yet. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** The compressed block, whose memory is taken. */
  compress(block: Block): Promise<Uint8Array<ArrayBuffer>> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    this.#waiting.push({ block, resolve, reject });
    const worker = this.#idle.pop() ?? (this.#workers.length < this.limit && this.#start());
    if (worker) this.#work(worker);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL("./compress_worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Uint8Array<ArrayBuffer>>) => {
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      this.#work(worker);
      job?.resolve(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#running.get(worker)?.reject(new ImageError(`Cannot compress: ${event.message}`));
      this.#running.delete(worker);
    });
    this.#workers.push(worker);
    return worker;
  }

  #work(worker: Worker): void {
    const job = this.#waiting.shift();
    if (job === undefined) return void this.#idle.push(worker);
    this.#running.set(worker, job);
    worker.postMessage(job.block, [job.block.bytes.buffer]);
  }

  /** Ends them. */
  [Symbol.dispose](): void {
    for (const worker of this.#workers) worker.terminate();
  }
}
