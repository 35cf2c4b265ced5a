/**
 * Which store paths take the places of which.
 * @module
 */

import type { ListedStorePath } from "../base/layer_listing.ts";
import { namePart, type StorePath } from "../store/store_path.ts";
import type { StorePathDescription } from "./description.ts";

/** What was one thing and is another. */
export interface Change<T> {
  readonly from: T;
  readonly to: T;
}

/** How the store paths of two images differ. All lists are sorted by name. */
export interface StorePathChanges {
  /** Those that have no counterpart. */
  readonly added: readonly StorePathDescription[];
  /** Those that have none any more. */
  readonly removed: readonly StorePathDescription[];
  /** Another version or build of a package, or the same store path with other files. */
  readonly changed: readonly Change<StorePathDescription>[];
}

type Listed = ReadonlyMap<StorePath, ListedStorePath>;

/** Compares the store paths of two images. */
export function storePathChanges(from: Listed, to: Listed): StorePathChanges {
  const changed: Change<StorePathDescription>[] = [];
  for (const [path, { digest, size }] of from) {
    const other = to.get(path);
    if (other === undefined || other.digest === digest) continue;
    changed.push({ from: { path, size }, to: { path, size: other.size } });
  }
  let removed = only(from, to);
  let added = only(to, from);
  // What is most alike belongs together first.
  for (const key of [namePart, packageOutput, packageName]) {
    const pairs = pairsBy(key, removed, added);
    changed.push(...pairs);
    const paired = new Set(pairs.flatMap(({ from, to }) => [from, to]));
    [removed, added] = [removed, added].map((paths) =>
      paths.filter((path) => !paired.has(path))
    ) as [StorePathDescription[], StorePathDescription[]];
  }
  return { added, removed, changed: changed.sort((a, b) => byName(a.to, b.to)) };
}

function only(these: Listed, others: Listed): StorePathDescription[] {
  return Array.from(these, ([path, { size }]) => ({ path, size }))
    .filter(({ path }) => !others.has(path)).sort(byName);
}

function byName(a: StorePathDescription, b: StorePathDescription): number {
  const [first, second] = [a, b].map(({ path }) => `${namePart(path)} ${path}`) as [string, string];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Pairs of those with the same key, in their order. */
function pairsBy(
  key: (path: StorePath) => string,
  removed: readonly StorePathDescription[],
  added: readonly StorePathDescription[],
): Change<StorePathDescription>[] {
  const free = Map.groupBy(added, ({ path }) => key(path));
  return removed.flatMap((from) => {
    const to = free.get(key(from.path))?.shift();
    return to === undefined ? [] : [{ from, to }];
  });
}

/** As Nix takes names apart: the version is behind the first dash that no letter follows. */
export function packageName(path: StorePath): string {
  return /^.*?(?=-[^a-zA-Z]|$)/.exec(namePart(path))?.[0] ?? "";
}

/**
 * The package's name and the output's, which is what comes last: `openssl-3.0.1-dev`. Any word counts
 * as one, where layering has a list: names without a version, and outputs that few packages have, are
 * told apart here, and nothing depends on these pairs but what people are shown.
 */
function packageOutput(path: StorePath): string {
  const name = packageName(path);
  const version = namePart(path).slice(name.length + 1);
  return `${name} ${/-[a-z]+$/.exec(version)?.[0] ?? ""}`;
}
