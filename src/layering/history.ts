/**
 * What changed between the versions of a closure.
 * @module
 */

import type { Closure } from "../store/closure.ts";
import { namePart, type StorePath } from "../store/store_path.ts";
import { matchPaths } from "./match_paths.ts";

/**
 * Counts for the paths of the last closure how often each changed by itself, rather than because
 * of something it uses: its name is another, or its hash while all it refers to stayed.
 *
 * @param versions oldest first
 */
export function ownChanges(versions: readonly Closure[]): Map<StorePath, number> {
  let counts = new Map<StorePath, number>();
  versions.forEach((closure, index) => {
    const before = versions[index - 1];
    if (before === undefined) return;
    const next = new Map<StorePath, number>();
    for (const [path, earlier] of matchPaths([...before.keys()], [...closure.keys()])) {
      const changed = path !== earlier && (namePart(path) !== namePart(earlier) ||
        closure.get(path)!.references.every((used) => before.has(used)));
      const count = (counts.get(earlier) ?? 0) + (changed ? 1 : 0);
      if (count > 0) next.set(path, count);
    }
    counts = next;
  });
  return counts;
}
