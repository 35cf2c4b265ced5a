/**
 * Made-up closures in the shape of those of nixpkgs.
 * @module
 */

import { randomNumbers } from "../../tests/support/seeded.ts";
import type { Corpus, Package, Update } from "./corpus.ts";
import { choose, normal } from "./versions.ts";

/** How many updates a corpus has, and of how many packages the large ones are. */
const UPDATES = 40, AT_ONCE = 8;

/**
 * A closure of `count` packages by a seed: a C library that all use, libraries in layers upon it of
 * which few have many users, applications upon these, and one that uses them all. Sizes are
 * log-normal: a median of 300 kB, a tenth over 6 MB. Six of ten updates are of the uppermost
 * application, three of one package, one of eight at once; packages have log-normal rates, and the
 * C library rarely changes.
 */
export function syntheticCorpus(seed: number, count: number): Corpus {
  const random = randomNumbers(seed);
  const packages: Package[] = [
    { name: "libc", version: "1.0", size: 30_000_000, uses: [] },
  ];
  // Half of all packages are in the lowest layer of libraries, a fourth in the next, and so on.
  const level = [0];
  const attraction = [0];
  const libraries = Math.round((count - 2) * 0.8);
  while (packages.length <= libraries) {
    const depth = 1 + Math.min(5, Math.floor(-Math.log2(1 - random())));
    const below = attraction.map((value, at) => level[at]! < depth ? value : 0);
    const uses = depth === 1 ? [] : chosen(below, 1 + Math.floor(4 * random()), random);
    add(`lib${packages.length}`, ["libc", ...uses.map((at) => packages[at]!.name)]);
    level.push(depth);
    attraction.push(Math.exp(1.5 * normal(random)));
  }
  while (packages.length < count - 1) {
    const uses = chosen(attraction, 3 + Math.floor(12 * random()), random);
    add(`tool${packages.length}`, ["libc", ...uses.map((at) => packages[at]!.name)]);
  }
  const used = new Set(packages.flatMap(({ uses }) => uses));
  add("app", packages.map(({ name }) => name).filter((name) => !used.has(name)));

  function add(name: string, uses: string[]) {
    const size = Math.round(300_000 * Math.exp(2.35 * normal(random)));
    packages.push({ name, version: "1.0", size: Math.min(size, 400_000_000), uses: uses.sort() });
  }

  const rates = packages.map(({ name }) => name === "libc" ? 0.05 : Math.exp(1.5 * normal(random)));
  const updates = Array.from({ length: UPDATES }, (_, index) => {
    const kind = random();
    if (kind < 0.6) return bumped("app", [packages.length - 1], index);
    if (kind < 0.9) return bumped("one", chosen(rates, 1, random), index);
    return bumped("several", chosen(rates, AT_ONCE, random), index);
  });

  function bumped(kind: string, places: readonly number[], index: number): Update {
    const changed = places.map((at) => packages[at]!).map((each): Package => ({
      ...each,
      version: `1.0+${index + 1}`,
      size: Math.round(each.size * (0.97 + 0.06 * random())),
    }));
    return { kind, sources: changed.map(({ name }) => name), packages: changed, gone: [] };
  }

  return { name: `made-up-${count}`, packages, updates };
}

/** So many different places by weights, or fewer if few have a weight. */
function chosen(weights: readonly number[], count: number, random: () => number): number[] {
  const left = [...weights];
  const places: number[] = [];
  const most = Math.min(count, left.filter((weight) => weight > 0).length);
  while (places.length < most) {
    const place = choose(left, random);
    left[place] = 0;
    places.push(place);
  }
  return places;
}
