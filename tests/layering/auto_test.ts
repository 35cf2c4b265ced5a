import assert from "node:assert/strict";
import fc from "fast-check";
import { autoLayers } from "../../src/layering/auto.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart } from "../../src/store/store_path.ts";
import { chain, closureOf, closures, storePath } from "./closures.ts";

/** What `next` leads to from `start`, without it. */
function transitive(start: string, next: (path: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void =>
    next(path).forEach((other) => {
      if (!found.has(other)) {
        found.add(other);
        visit(other);
      }
    });
  visit(start);
  found.delete(start);
  return found;
}

/** nixpkgs' algorithm step by step, on sets of strings, with ties taken by name, then hash. */
function straightforward(closure: Closure, limit: number): string[][] {
  const key = (path: string) => {
    const hyphen = path.indexOf("-");
    return [path.slice(hyphen + 1), path.slice(0, hyphen)] as const;
  };
  const byKey = (a: string, b: string) => {
    const [aName, aHash] = key(a);
    const [bName, bHash] = key(b);
    if (aName !== bName) return aName < bName ? -1 : 1;
    return aHash < bHash ? -1 : aHash > bHash ? 1 : 0;
  };
  const size = new Map<string, number>();
  const references = new Map<string, string[]>();
  for (const [path, info] of closure) {
    size.set(path, info.narSize);
    references.set(path, [...info.references]);
  }
  const paths = [...size.keys()];
  const sizeOf = (path: string) => size.get(path) ?? NaN;
  const uses = (path: string) => references.get(path) ?? [];
  const users = (path: string) => paths.filter((other) => uses(other).includes(path));
  const groups = (split: Map<string, Set<string>>) => {
    const found = new Map<string, string[]>();
    for (const [path, set] of split) {
      const text = [...set].sort().join(" ");
      found.set(text, [...found.get(text) ?? [], path]);
    }
    return [...found.values()];
  };

  let split = new Map(paths.map((path) => [path, new Set<string>()]));
  const queue = paths.toSorted((a, b) => sizeOf(a) - sizeOf(b) || byKey(b, a));
  for (let primary = queue.pop(); primary !== undefined; primary = queue.pop()) {
    const next = new Map(split);
    next.set(primary, new Set([primary]));
    const below = transitive(primary, uses);
    const above = transitive(primary, users);
    for (const path of below) {
      let set = (next.get(path) ?? new Set()).difference(above);
      if (set.intersection(below).size === 0) set = set.union(new Set([primary]));
      next.set(path, set);
    }
    if (groups(next).length > limit) break;
    split = next;
  }
  const total = (layer: readonly string[]) =>
    [...new Set(layer.flatMap((path) => [path, ...transitive(path, uses)]))]
      .reduce((sum, path) => sum + sizeOf(path), 0);
  return groups(split)
    .map((layer) => layer.sort(byKey))
    .sort((a, b) => total(a) - total(b) || byKey(a[0] ?? "", b[0] ?? ""));
}

function names(closure: Closure, limit: number): string[] {
  return autoLayers(closure, limit).map(({ paths }) => paths.map(namePart).join(" "));
}

function reasons(closure: Closure, limit: number): Record<string, string> {
  return Object.fromEntries(
    autoLayers(closure, limit).map(({ paths, reason }) => [paths.map(namePart).join(" "), reason]),
  );
}

Deno.test("autoLayers() does what nixpkgs' algorithm does", () => {
  fc.assert(
    fc.property(closures, fc.integer({ min: 1, max: 16 }), (closure, limit) => {
      assert.deepEqual(autoLayers(closure, limit).map(({ paths }) => paths), [
        ...straightforward(closure, limit),
      ]);
    }),
    { numRuns: 500 },
  );
});

// git and curl use openssl and libc; node uses libc alone.
const SIZES: Record<string, number> = {
  node: 60,
  git: 40,
  libc: 30,
  curl: 20,
  openssl: 10,
  zlib: 5,
};
const TOOLS = closureOf({
  node: "libc",
  git: "openssl zlib libc",
  curl: "openssl libc",
  openssl: "libc",
  zlib: "libc",
  libc: "",
}, (name) => SIZES[name] ?? 0);

Deno.test("autoLayers() takes large paths first and shares what several of them use", () => {
  assert.deepEqual(names(TOOLS, 100), [
    "libc",
    "zlib",
    "openssl",
    "curl",
    "git",
    "node",
  ]);
  // zlib would be the sixth, so it stays with the only path that uses it.
  assert.deepEqual(names(TOOLS, 5), ["libc", "openssl", "curl", "git zlib", "node"]);
  // curl would make five, with what it shares with git: so openssl stays with git, and curl is left.
  assert.deepEqual(names(TOOLS, 4), ["libc", "curl", "git openssl zlib", "node"]);
  // git would make four, with libc, which it shares with node.
  assert.deepEqual(names(TOOLS, 3), ["libc node", "curl git openssl zlib"]);
  assert.deepEqual(names(TOOLS, 2), ["libc node", "curl git openssl zlib"]);
  assert.deepEqual(names(TOOLS, 1), ["curl git libc node openssl zlib"]);
});

Deno.test("autoLayers() says why paths share a layer", () => {
  assert.deepEqual(reasons(TOOLS, 5), {
    "libc": "libc alone",
    "openssl": "openssl alone",
    "curl": "curl alone",
    "git zlib": "git with 1 path it uses",
    "node": "node alone",
  });
  assert.deepEqual(reasons(TOOLS, 4), {
    "libc": "libc alone",
    "curl": "the rest, which no path with a layer of its own uses",
    "git openssl zlib": "git with 2 paths it uses",
    "node": "node alone",
  });
  assert.deepEqual(Object.values(reasons(TOOLS, 1)), ["all paths, as there is room for one layer"]);
  const apps = "a b c d".split(" ");
  const sharing = (count: number) =>
    closureOf({
      ...Object.fromEntries(apps.slice(0, count).map((name) => [name, "lib libc"])),
      lib: "",
      libc: "",
    }, (name) => apps.includes(name) ? 2 : 1);
  assert.equal(reasons(sharing(2), 3)["lib libc"], "shared by a and b");
  assert.equal(reasons(sharing(4), 5)["lib libc"], "shared by a, b and 2 more");
});

Deno.test("autoLayers() takes paths of equal size by name, then by hash", () => {
  const info = { references: [], narSize: 1 };
  const [a, b1, b2] = [storePath("a", 3), storePath("b", 1), storePath("b", 2)];
  assert.deepEqual(
    autoLayers(new Map([[b2, info], [b1, info], [a, info]]), 2).map(({ paths }) => paths),
    [[a], [b1, b2]],
  );
});

Deno.test("autoLayers() takes a chain of 20,000 paths", () => {
  const layers = autoLayers(chain(20_000), 100);
  assert.equal(layers.length, 100);
  assert.equal(new Set(layers.flatMap(({ paths }) => paths)).size, 20_000);
});
