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
import type { AskedStore } from "./asked_store.ts";
import type { NarInfo } from "./nar_store.ts";

/**
 * See above. Before anything of it has come from one store, another one that says it has the same NAR
 * can be asked instead.
 *
 * @param stores the one it was found in first
 * @param found what was decided: the NAR has to be this one
 */
export function narFrom(
  stores: readonly AskedStore[],
  path: StorePath,
  found: PathInfo & { readonly narHash: string },
): NarPath {
  const { narSize, narHash } = found;
  const info: NarInfo = { ...found, signatures: [] };

  function candidates(): (failure: unknown) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const [first, ...others] = stores;
    // One that could not be reached is the last to be tried, in case no other has it.
    let last = first?.failure === undefined ? undefined : first;
    const failures: ImageError[] = [];
    let current: AskedStore | undefined;
    const opened = (store: AskedStore) => {
      current = store;
      return verifiedNar(store.open(path, info), { path, from: store.name, narHash, narSize });
    };
    const failed = (failure: unknown) => {
      if (!(failure instanceof ImageError)) throw failure;
      failures.push(failure);
    };
    return async (failure) => {
      if (failure !== undefined) {
        failed(failure);
        current?.leftOut(failure);
      } else if (first !== undefined && last === undefined) return opened(first);
      for (let store = others.shift(); store !== undefined; store = others.shift()) {
        try {
          const infos = await store.infosOf([path]);
          if (infos.get(path)?.narHash === narHash) return opened(store);
          if (store.failure !== undefined) failures.push(store.failure);
        } catch (error) {
          failed(error);
        }
      }
      const again = last;
      last = undefined;
      if (again !== undefined) return opened(again);
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
