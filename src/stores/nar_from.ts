/**
 * The NAR of a path, from the first of several stores that gives it.
 * @module
 */

import { ImageError } from "../errors.ts";
import type { PathInfo } from "../store/closure.ts";
import type { NarPath } from "../store/nar_path.ts";
import { verifiedNar } from "../store/nar_stream.ts";
import type { StorePath } from "../store/store_path.ts";
import { firstThatWorks } from "./nar_candidates.ts";
import type { NarInfo, NarStore } from "./nar_store.ts";

/**
 * See above. Before anything of it has come from one store, another one that says it has the same NAR
 * can be asked instead.
 *
 * @param stores the one it was found in first
 * @param found what was decided: the NAR has to be this one
 */
export function narFrom(
  stores: readonly NarStore[],
  path: StorePath,
  found: PathInfo & { readonly narHash: string },
): NarPath {
  const { narSize, narHash } = found;
  const info: NarInfo = { ...found, signatures: [] };

  function candidates(): (failure: unknown) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const [first, ...others] = stores;
    const failures: ImageError[] = [];
    const opened = (store: NarStore) =>
      verifiedNar(store.open(path, info), { path, from: store.name, narHash, narSize });
    let begun = false;
    return async (failure) => {
      if (failure instanceof ImageError) failures.push(failure);
      else if (failure !== undefined) throw failure;
      if (!begun && first !== undefined) {
        begun = true;
        return opened(first);
      }
      for (let store = others.shift(); store !== undefined; store = others.shift()) {
        if (await hasSame(store, path, narHash)) return opened(store);
      }
      throw failures.length === 1
        ? failures[0]
        : new ImageError(failures.map(({ message }) => message).join("\n") || NO_STORE + path);
    };
  }

  return {
    narSize,
    narHash,
    from: stores[0]?.name ?? "",
    open: () => firstThatWorks(candidates()),
    entries: () => stores[0]?.entriesOf(path) ?? Promise.resolve(undefined),
  };
}

const NO_STORE = "No store was given that could have ";

async function hasSame(store: NarStore, path: StorePath, narHash: string): Promise<boolean> {
  try {
    return (await store.infosOf([path])).get(path)?.narHash === narHash;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}
