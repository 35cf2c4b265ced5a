/**
 * Finds the store paths of an earlier version again.
 * @module
 */

import { hashPart, namePart, type StorePath } from "../store/store_path.ts";
import { compare } from "./closure_graph.ts";
import { packageName } from "./package_name.ts";

/**
 * Pairs paths with those of an earlier version, each with one at most: first the same path, then the
 * same name (rebuilt), then the same package and output (another version), then the same but for
 * numbers in the package's name (python3.11-six, python3.12-six). Where several could be meant,
 * they are paired in the order of their names.
 *
 * @returns the earlier path for each that has one
 */
export function matchPaths(
  earlier: readonly StorePath[],
  paths: readonly StorePath[],
): Map<StorePath, StorePath> {
  const known = new Set(earlier);
  const same = new Set(paths.filter((path) => known.has(path)));
  const matches = new Map([...same].map((path) => [path, path]));
  let oldLeft = earlier.filter((path) => !same.has(path)).sort(byName);
  let newLeft = paths.filter((path) => !same.has(path)).sort(byName);
  for (const likeness of LIKENESSES) {
    const candidates = Map.groupBy(oldLeft, likeness);
    const taken = new Set<StorePath>();
    newLeft = newLeft.filter((path) => {
      const match = candidates.get(likeness(path))?.shift();
      if (match === undefined) return true;
      matches.set(path, match);
      taken.add(match);
      return false;
    });
    oldLeft = oldLeft.filter((path) => !taken.has(path));
  }
  return matches;
}

const LIKENESSES: ((path: StorePath) => string)[] = [
  namePart,
  (path) => {
    const { name, output } = packageName(path);
    return `${name} ${output}`;
  },
  (path) => {
    const { name, output } = packageName(path);
    return `${name.replaceAll(/\d+/g, "0")} ${output}`;
  },
];

function byName(a: StorePath, b: StorePath): number {
  return compare(namePart(a), namePart(b)) || compare(hashPart(a), hashPart(b));
}
