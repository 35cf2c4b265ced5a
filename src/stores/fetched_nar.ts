/**
 * NARs of what was fetched already.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { NarPath } from "../store/nar_path.ts";
import { verifiedNar } from "../store/nar_stream.ts";
import type { StorePath } from "../store/store_path.ts";
import { firstThatWorks } from "./nar_candidates.ts";

/** What was fetched. */
export interface Fetched {
  /** Where it is, once all of it is there. */
  readonly place: Promise<string>;
  /** Its NAR. */
  readonly read: (place: string) => ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Whether others may have changed it. */
  readonly mayDiffer: () => boolean;
}

/**
 * A NAR that is read from what was fetched of it, so that it is not fetched again; or is, if that has
 * changed since. Its hash is looked at either way.
 */
export function fetchedNar(
  path: StorePath,
  nar: NarPath,
  { place, read, mayDiffer }: Fetched,
): NarPath {
  const { narHash, narSize } = nar;
  return {
    ...nar,
    open: () =>
      firstThatWorks(async (failure) => {
        if (failure !== undefined) throw failure;
        const from = await place;
        const again = () => verifiedNar(read(from), { path, from, narHash, narSize });
        return mayDiffer() && !await isWhole(again) ? nar.open() : again();
      }),
  };
}

async function isWhole(open: () => ReadableStream<Uint8Array<ArrayBuffer>>): Promise<boolean> {
  try {
    const reader = open().getReader({ mode: "byob" });
    for (let buffer = new ArrayBuffer(1 << 19);;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done) return true;
      buffer = value.buffer;
    }
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}
