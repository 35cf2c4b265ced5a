/**
 * Graphs that no store has: Nix refuses paths that refer to one another.
 * @module
 */

import type { Closure } from "./closure.ts";
import type { StorePath } from "./store_path.ts";

/** A path that refers to itself by way of others, or to one that does. */
export function pathInCircles(closure: Closure): StorePath | undefined {
  const waitsFor = new Map(Array.from(closure, ([path, info]) => [path, info.references.length]));
  const users = new Map<StorePath, StorePath[]>();
  for (const [path, { references }] of closure) {
    for (const used of references) {
      const known = users.get(used);
      if (known === undefined) users.set(used, [path]);
      else known.push(path);
    }
  }
  const ready = [...closure.keys()].filter((path) => waitsFor.get(path) === 0);
  for (const path of ready) {
    for (const user of users.get(path) ?? []) {
      const left = waitsFor.get(user)! - 1;
      waitsFor.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  return ready.length === closure.size
    ? undefined
    : [...closure.keys()].find((path) => waitsFor.get(path)! > 0);
}
