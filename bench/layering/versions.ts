/**
 * Versions of an image: those that single updates lead to, and series in which updates follow one
 * another.
 * @module
 */

import { randomNumbers } from "../../tests/support/seeded.ts";
import type { Closure } from "../../src/store/closure.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { type Corpus, type Package, type Update, updated } from "./corpus.ts";
import { hashedClosure } from "./hashed_closure.ts";

/** A version of an image. */
export interface Version {
  readonly closure: Closure;
  /** How many packages of the distribution refer to a path; 1 for those that are not in here. */
  readonly popularity: ReadonlyMap<StorePath, number>;
}

/** The packages as a version. */
export function versionOf(packages: readonly Package[], { popularity }: Corpus): Version {
  const { closure, paths } = hashedClosure(packages);
  const counts = popularity ?? countUsers(packages);
  return {
    closure,
    popularity: new Map([...paths].map(([name, path]) => [path, counts.get(name) ?? 1])),
  };
}

/** A corpus without data on its distribution counts within the closure. */
function countUsers(packages: readonly Package[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const used of packages.flatMap(({ uses }) => uses)) {
    counts.set(used, (counts.get(used) ?? 0) + 1);
  }
  return counts;
}

/** The first version and, for each update by itself, the version that it leads to. */
export interface SingleUpdates {
  readonly name: string;
  readonly first: Version;
  readonly updates: readonly SingleUpdate[];
}

/** An update of the first version. */
export interface SingleUpdate {
  readonly after: Version;
  /**
   * Versions before the first, oldest first, and the first. The update is not among the changes
   * between them, but half of the others are.
   */
  readonly history: readonly Closure[];
}

/**
 * The updates of a corpus, each by itself.
 *
 * @param every takes only each n-th update
 */
export function singleUpdates(corpus: Corpus, every = 1): SingleUpdates {
  const first = versionOf(corpus.packages, corpus);
  const histories = [0, 1].map((half) =>
    earlierVersions(corpus, corpus.updates.filter((_, index) => index % 2 === half))
  );
  return {
    name: corpus.name,
    first,
    updates: corpus.updates
      .map((update, index) => ({
        after: versionOf(updated(corpus.packages, update), corpus),
        history: histories[(index + 1) % 2]!,
      }))
      .filter((_, index) => index % every === 0),
  };
}

/**
 * Versions that differ by one update each and end in the corpus' own. As what an update changes is
 * the same backwards, the updates are undone one by one.
 */
function earlierVersions(corpus: Corpus, updates: readonly Update[]): Closure[] {
  const versions: Closure[] = [];
  let packages = corpus.packages;
  for (const update of [...updates.filter(({ kind }) => kind !== "suites")].reverse()) {
    versions.push(versionOf(packages, corpus).closure);
    packages = followedBy(packages, update, corpus) ?? packages;
  }
  return [...versions, versionOf(packages, corpus).closure].reverse();
}

/**
 * Versions that follow one another: `count`, the corpus' own among them. Each has one update of the
 * corpus more, by a seed; some updates are likelier than others (log-normally), so come again and
 * again.
 */
export function series(corpus: Corpus, count: number, seed: number): Version[] {
  const random = randomNumbers(seed);
  const rates = corpus.updates.map(() => Math.exp(1.5 * normal(random)));
  const versions = [versionOf(corpus.packages, corpus)];
  let packages = corpus.packages;
  while (versions.length < count) {
    const update = corpus.updates[choose(rates, random)]!;
    const next = followedBy(packages, renamed(update, versions.length), corpus);
    if (next === undefined) continue;
    packages = next;
    versions.push(versionOf(packages, corpus));
  }
  return versions;
}

/** The update to versions that there have not been. */
function renamed(update: Update, step: number): Update {
  return {
    ...update,
    packages: update.packages.map((each) => ({ ...each, version: `${each.version}+r${step}` })),
  };
}

/**
 * What an update of the corpus' own version makes of other packages; undefined if it does not fit.
 * What it needs and others took away comes back, and what nothing uses goes.
 */
function followedBy(
  packages: readonly Package[],
  update: Update,
  corpus: Corpus,
): Package[] | undefined {
  const all = new Map(corpus.packages.map((each) => [each.name, each]));
  for (const each of updated(packages, update)) all.set(each.name, each);
  const left = new Set<string>(), open = new Set<string>();
  const visit = (name: string): boolean => {
    if (left.has(name)) return true;
    const each = all.get(name);
    if (each === undefined || open.has(name)) return false;
    open.add(name);
    const fits = each.uses.every(visit);
    open.delete(name);
    left.add(name);
    return fits;
  };
  return rootsOf(corpus.packages).every(visit)
    ? [...left].map((name) => all.get(name)!)
    : undefined;
}

/** What no other package uses. */
function rootsOf(packages: readonly Package[]): string[] {
  const used = new Set(packages.flatMap(({ uses }) => uses));
  return packages.map(({ name }) => name).filter((name) => !used.has(name));
}

/** An index, by weights. */
export function choose(weights: readonly number[], random: () => number): number {
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (rest -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}

/** A number of the standard normal distribution (Box and Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
