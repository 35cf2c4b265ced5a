/**
 * Corpora from closures of a Nix store.
 * @module
 */

import { randomNumbers } from "../../tests/support/seeded.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart, type StorePath } from "../../src/store/store_path.ts";
import type { Corpus, Package, Update } from "./corpus.ts";

/** The most updates. */
const UPDATES = 40;

/**
 * A corpus of a closure: its updates are made up, each of a single path, another for each, that is
 * built again under its name and changes in size by up to 3 %. Which, a seed decides.
 */
export function graphCorpus(name: string, closure: Closure, seed = 1): Corpus {
  const names = uniqueNames([...closure.keys()].sort());
  const packages = [...closure].map(([path, { narSize, references }]): Package => ({
    name: names.get(path)!,
    version: "",
    size: narSize,
    uses: references.map((used) => names.get(used)!).sort(),
  }));
  const random = randomNumbers(seed);
  const left = [...packages];
  const updates: Update[] = [];
  while (left.length > 0 && updates.length < UPDATES) {
    const [each] = left.splice(Math.floor(random() * left.length), 1) as [Package];
    const size = Math.round(each.size * (0.97 + 0.06 * random()));
    const changed = { ...each, size: size === each.size ? size + 1 : size };
    updates.push({ kind: "bump", sources: [each.name], packages: [changed], gone: [] });
  }
  return { name, packages, updates };
}

/** The name of each path; a number follows where several have it. */
function uniqueNames(paths: readonly StorePath[]): Map<StorePath, string> {
  const names = new Map<StorePath, string>(), taken = new Map<string, number>();
  for (const path of paths) {
    const count = (taken.get(namePart(path)) ?? 0) + 1;
    taken.set(namePart(path), count);
    names.set(path, count === 1 ? namePart(path) : `${namePart(path)}=${count}`);
  }
  return names;
}
