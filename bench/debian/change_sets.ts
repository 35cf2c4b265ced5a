/**
 * Updates of a graph of Debian packages: real ones, from suites with later versions, and made-up
 * ones.
 * @module
 */

import { randomNumbers } from "../../tests/support/seeded.ts";
import type { Package, Update } from "../layering/corpus.ts";
import { type PackageGraph, packageGraph } from "./package_graph.ts";
import type { DebianPackage, DebianPackages } from "./package_index.ts";

/** The package that stands for the image's own software, and uses all roots. */
export const APP = "app";
const APP_SIZE = 12_000_000;

/** The application in some version. */
export function application(roots: readonly string[], size = APP_SIZE, version = "1.0") {
  const depends = roots.map((root) => [root]);
  return { name: APP, version, source: APP, size, depends, provides: [] };
}

/** What updates are made from. */
export interface Changing {
  /** All packages, the application among them. */
  readonly packages: DebianPackages;
  readonly providers: ReadonlyMap<string, string>;
  readonly graph: PackageGraph;
  readonly roots: readonly string[];
  /** Suites with later versions, the first of which that has a package counts. */
  readonly pockets: readonly DebianPackages[];
  /** Whether pockets have all packages, and not only those that changed. */
  readonly wholePockets: boolean;
}

/** How many of each kind. */
const SUITE = 24, SUITES = 6, BUMPS = 24, APPS = 4;

/**
 * The updates of a graph:
 * - `suite`: what a source package has become in a pocket: sizes and needs of its packages are real
 * - `suites`: three such at once
 * - `bump`: any source package is built again, and its size changes by up to 3 %
 * - `app`: the application alone
 *
 * Updates that change nothing in the closure are left out.
 */
export function changeSets(changing: Changing, seed: number): Update[] {
  const random = randomNumbers(seed);
  const shuffled = <T>(values: readonly T[]): T[] => {
    const result = [...values];
    for (let at = result.length - 1; at > 0; at--) {
      const other = Math.floor(random() * (at + 1));
      [result[at], result[other]] = [result[other]!, result[at]!];
    }
    return result;
  };
  const updates: Update[] = [];
  const add = (kind: string, sources: readonly string[], packages: DebianPackages) => {
    const { nodes } = packageGraph(packages, changing.providers, APP);
    const update = { kind, sources, ...difference(changing.graph.nodes, nodes) };
    if (update.packages.length > 0 || update.gone.length > 0) updates.push(update);
  };

  const sources = packagesBySource(changing);
  const later = laterSources(changing, sources);
  for (const source of shuffled(later).slice(0, SUITE)) {
    add("suite", [source], replaced(changing, sources, [source]));
  }
  for (let count = 0; count < SUITES && later.length > 3; count++) {
    const three = shuffled(later).slice(0, 3).sort();
    add("suites", three, replaced(changing, sources, three));
  }
  const all = [...sources.keys()].filter((source) => source !== APP).sort();
  for (const source of shuffled(all).slice(0, BUMPS)) {
    const packages = new Map(changing.packages);
    for (const each of sources.get(source) ?? []) {
      const size = Math.round(each.size * (0.97 + 0.06 * random()) / 1024) * 1024;
      packages.set(each.name, { ...each, version: `${each.version}+b1`, size });
    }
    add("bump", [source], packages);
  }
  for (let count = 1; count <= APPS; count++) {
    const size = Math.round(APP_SIZE * (0.95 + 0.1 * random()));
    const app = application(changing.roots, size, `1.${count}`);
    add("app", [APP], new Map([...changing.packages, [APP, app]]));
  }
  return updates;
}

/** What has to change in `before` to get `after`. */
function difference(before: readonly Package[], after: readonly Package[]) {
  const text = new Map(before.map((each) => [each.name, JSON.stringify(each)]));
  const left = new Set(after.map(({ name }) => name));
  return {
    packages: after.filter((each) => text.get(each.name) !== JSON.stringify(each)),
    gone: before.map(({ name }) => name).filter((name) => !left.has(name)),
  };
}

type Sources = ReadonlyMap<string, readonly DebianPackage[]>;

/** The packages of the graph by source, in the graph's order. */
function packagesBySource({ packages, graph }: Changing): Sources {
  const sources = new Map<string, DebianPackage[]>();
  for (const name of [...graph.members.values()].flat()) {
    const each = packages.get(name)!;
    sources.set(each.source, [...sources.get(each.source) ?? [], each]);
  }
  return sources;
}

/** The sources of which a pocket has a later version, sorted. */
function laterSources({ pockets, wholePockets }: Changing, sources: Sources): string[] {
  const isLater = ({ name, version }: DebianPackage) =>
    pockets.some((pocket) => {
      const found = pocket.get(name);
      return found !== undefined && (!wholePockets || found.version !== version);
    });
  return [...sources].filter(([, packages]) => packages.some(isLater)).map(([source]) => source)
    .sort();
}

/** All packages with these sources as the pockets have them, and what they need beside. */
function replaced(
  { packages, pockets }: Changing,
  sources: Sources,
  chosen: readonly string[],
): DebianPackages {
  const result = new Map(packages);
  const inPockets = (name: string) =>
    pockets.map((pocket) => pocket.get(name)).find((found) => found !== undefined);
  for (const [source, members] of sources) {
    if (!chosen.includes(source)) continue;
    for (const old of members) {
      const found = inPockets(old.name) ?? old;
      const version = found.version === old.version ? `${old.version}+u1` : found.version;
      result.set(old.name, { ...found, version });
      if (found === old) continue;
      for (const needed of found.depends.flat()) {
        const added = result.has(needed) ? undefined : inPockets(needed);
        if (added !== undefined) result.set(needed, added);
      }
    }
  }
  return result;
}
