/**
 * A thread that reads layers of store paths for their digests.
 * @module
 */

import type { LayerDigest } from "../layer/digest_cache.ts";
import { readDigest } from "../layer/read_digest.ts";
import { type Ownership, StoreLayer } from "../layer/store_layer.ts";
import type { StorePath } from "../store/store_path.ts";

/** What a worker is asked: one layer. */
export interface DigestQuestion {
  readonly index: number;
  readonly paths: readonly StorePath[];
  readonly owner: Ownership;
  readonly storeRoot: string;
}

/** What it answers; no digest where the layer can not be read. */
export interface DigestAnswer {
  readonly index: number;
  readonly found: LayerDigest | undefined;
}

/** The part of a worker's global object that is used here. */
interface WorkerScope {
  addEventListener(type: "message", listener: (event: MessageEvent<DigestQuestion>) => void): void;
  postMessage(message: DigestAnswer): void;
}

const scope = self as unknown as WorkerScope;
let last: Promise<void> = Promise.resolve();
scope.addEventListener("message", ({ data }) => {
  // One after the other: the first is the first that is needed.
  last = last.then(() => answer(data));
});

async function answer({ index, paths, owner, storeRoot }: DigestQuestion): Promise<void> {
  const layer = new StoreLayer(paths, owner, storeRoot);
  const found = await readDigest(layer).catch(() => undefined);
  scope.postMessage({ index, found });
}
