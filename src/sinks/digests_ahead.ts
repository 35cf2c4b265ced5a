/**
 * Digests of layers, read in a thread of its own while layers before them go out.
 * @module
 */

import type { LayerDigest } from "../layer/digest_cache.ts";
import { readDigest } from "../layer/read_digest.ts";
import type { ListedLayer, StreamerImage } from "../image/streamer_image.ts";
import type { DigestAnswer, DigestQuestion } from "./digest_worker.ts";

/** A bundle of the program has it elsewhere, or not at all. */
const WORKER = new URL("./digest_worker.ts", import.meta.url);

type Answer = PromiseWithResolvers<LayerDigest | undefined>;

/** See above. Disposing of it ends the thread. */
export class DigestsAhead implements Disposable {
  readonly #answers = new Map<number, Answer>();
  #worker: Worker | undefined;

  /**
   * Begins to read.
   *
   * @param known whether the digest of the layer at an index is, so that it is not read
   */
  constructor(image: StreamerImage, known: (index: number) => boolean) {
    // Without a thread, it takes longer; a module that is not there would have Deno tell the user.
    if (!isThere(new URL(WORKER))) return;
    const { owner, storeRoot } = image;
    const [, ...others] = image.layers.entries().filter(([index, layer]) =>
      "paths" in layer && !known(index)
    );
    for (const [index, layer] of others) {
      if ("paths" in layer) this.#ask({ index, paths: layer.paths, owner, storeRoot });
    }
  }

  /**
   * The digest and the size of a layer of store paths.
   *
   * @throws {ImageError} if it can not be read.
   */
  async of(index: number, { layer }: ListedLayer): Promise<LayerDigest> {
    // What the thread could not read is read here, for the error.
    return await this.#answers.get(index)?.promise ?? await readDigest(layer);
  }

  #ask(question: DigestQuestion): void {
    const worker = this.#worker ??= this.#start();
    this.#answers.set(question.index, Promise.withResolvers());
    worker.postMessage(question);
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { type: "module" });
    worker.addEventListener(
      "message",
      ({ data: { index, found } }: MessageEvent<DigestAnswer>) =>
        this.#answers.get(index)?.resolve(found),
    );
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      for (const { resolve } of this.#answers.values()) resolve(undefined);
    });
    return worker;
  }

  /** Ends the thread. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }
}

function isThere(source: URL): boolean {
  if (source.protocol !== "file:") return true;
  try {
    return Deno.statSync(source).isFile;
  } catch {
    return false;
  }
}
