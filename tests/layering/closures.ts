/**
 * Closures to try layering on.
 * @module
 */

import fc from "fast-check";
import type { Closure } from "../../src/store/closure.ts";
import { parseStorePath, type StorePath } from "../../src/store/store_path.ts";

/** A path with a name and, as its hash, a number. */
export function storePath(name: string, hash: number): StorePath {
  return parseStorePath(`/nix/store/${String(hash).padStart(32, "0")}-${name}`);
}

/** A closure from names: the key uses the values. The n-th name has the hash n and the size given. */
export function closureOf(
  graph: Record<string, string>,
  size: (name: string) => number = () => 1,
): Closure {
  const paths = new Map(Object.keys(graph).map((name, index) => [name, storePath(name, index)]));
  const path = (name: string) => {
    const found = paths.get(name);
    if (found === undefined) throw new TypeError(`No such name: ${name}`);
    return found;
  };
  return new Map(
    Object.entries(graph).map(([name, used]) => [path(name), {
      references: used.split(" ").filter((name) => name !== "").map(path).sort(),
      narSize: size(name),
    }]),
  );
}

/** `count` paths, each of which uses the next. */
export function chain(count: number): Closure {
  const paths = Array.from({ length: count }, (_, index) => storePath("link", index));
  return new Map(
    paths.map((path, index) => [path, {
      references: paths.slice(index + 1, index + 2),
      narSize: 1 + (index * 7919) % count,
    }]),
  );
}

// With characters on both sides of the hyphen, so that the ways to order names differ.
const NAMES = ["a", "a-b", "a+b", "a.b", "a-", "a--b", "B", "b-1", "b-1.2", "_", "0"];

/** Small acyclic closures, with and without equal sizes and names. */
export const closures: fc.Arbitrary<Closure> = fc
  .uniqueArray(fc.nat(99), { maxLength: 14 })
  .chain((hashes) => {
    const count = hashes.length;
    const each = <T>(item: fc.Arbitrary<T>) =>
      fc.array(item, { minLength: count, maxLength: count });
    return fc.record({
      names: each(fc.constantFrom(...NAMES)),
      sizes: fc.oneof(each(fc.nat(3)), each(fc.nat(1_000_000))),
      edges: each(each(fc.oneof(fc.boolean(), fc.constant(false)))),
    }).map(({ names, sizes, edges }) => {
      const paths = hashes.map((hash, index) => storePath(names[index] ?? "", hash));
      return new Map(
        paths.map((path, from) => [path, {
          references: paths.filter((_, to) => to > from && edges[from]?.[to]).sort(),
          narSize: sizes[from] ?? 0,
        }]),
      );
    });
  });

/** The closure with its paths and their references in another order. */
export function shuffled(closure: Closure): fc.Arbitrary<Closure> {
  const entries = [...closure];
  return fc.tuple(
    fc.shuffledSubarray(entries, { minLength: entries.length }),
    fc.boolean(),
  ).map(([shuffledEntries, reverse]) =>
    new Map(
      shuffledEntries.map(([path, info]) => [path, {
        ...info,
        references: reverse ? info.references.toReversed() : info.references,
      }]),
    )
  );
}
