/**
 * NARs of what was unpacked from them.
 * @module
 */

import { ImageError } from "../errors.ts";
import { dumpNar } from "../store/dump_nar.ts";
import type { NarPath } from "../store/nar_path.ts";
import { verifiedNar } from "../store/nar_stream.ts";
import type { StorePath } from "../store/store_path.ts";
import { firstThatWorks } from "./nar_candidates.ts";

/** Where a NAR was unpacked. */
export interface Unpacked {
  /** Resolves when all of it is there. */
  readonly place: Promise<string>;
  /** Whether others may have changed it. */
  readonly mayDiffer: () => boolean;
}

/**
 * A NAR that is read from what was unpacked of it, so that it is not fetched again; or is, if that has
 * changed since. Its hash is looked at either way.
 */
export function unpackedNar(
  path: StorePath,
  nar: NarPath,
  { place, mayDiffer }: Unpacked,
): NarPath {
  const { narHash, narSize } = nar;
  return {
    ...nar,
    open: () =>
      firstThatWorks(async (failure) => {
        if (failure !== undefined) throw failure;
        const from = await place;
        const dumped = () => verifiedNar(dumpNar(from), { path, from, narHash, narSize });
        return mayDiffer() && !await isWhole(dumped()) ? nar.open() : dumped();
      }),
  };
}

async function isWhole(nar: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<boolean> {
  try {
    const reader = nar.getReader({ mode: "byob" });
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
