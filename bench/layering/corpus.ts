/**
 * Corpora: a closure and updates of it, as packages rather than store paths, whose names follow.
 * @module
 */

/** What will be a store path. */
export interface Package {
  /** The name without the version: what stays the same in an update. Unique in a closure. */
  readonly name: string;
  /** May be empty. */
  readonly version: string;
  /** In bytes. */
  readonly size: number;
  /** Names of the packages that it refers to, without itself, sorted. */
  readonly uses: readonly string[];
}

/** What an update does to a closure. */
export interface Update {
  /** Where it comes from, such as `suite`: the kinds are those of the corpus. */
  readonly kind: string;
  /** The sources that changed, of which all the rest follows. */
  readonly sources: readonly string[];
  /** New packages, and what packages have become. Those that use them are not listed. */
  readonly packages: readonly Package[];
  /** Names of packages that are no longer in the closure. */
  readonly gone: readonly string[];
}

/** A closure and updates of it, each by itself. */
export interface Corpus {
  readonly name: string;
  readonly packages: readonly Package[];
  readonly updates: readonly Update[];
  /** How many packages of the distribution refer to a package, by its name; 1 for all others. */
  readonly popularity?: ReadonlyMap<string, number>;
}

/** The packages after an update. */
export function updated(packages: readonly Package[], update: Update): Package[] {
  const result = new Map(packages.map((each) => [each.name, each]));
  for (const name of update.gone) result.delete(name);
  for (const each of update.packages) result.set(each.name, each);
  return [...result.values()];
}

/** Bytes of all packages. */
export function sizeOf(packages: readonly Package[]): number {
  return packages.reduce((sum, { size }) => sum + size, 0);
}
