/**
 * Closures of which only the paths are known.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import type { StorePath } from "../store/store_path.ts";
import { matchPaths } from "./match_paths.ts";

/**
 * Takes the closure of an earlier version to be like a later one: each path refers to the
 * counterparts of what its own counterpart refers to, and has its size.
 */
export function likenedClosure(paths: readonly StorePath[], later: Closure): Closure {
  const earlier = matchPaths(paths, [...later.keys()]);
  const counterparts = new Map(Array.from(earlier, ([path, before]) => [before, later.get(path)]));
  return new Map(paths.map((path) => {
    const { references = [], narSize = 0 } = counterparts.get(path) ?? {};
    return [path, {
      narSize,
      references: references.flatMap((reference) => earlier.get(reference) ?? []).sort(),
    }];
  }));
}
