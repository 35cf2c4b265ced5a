import assert from "node:assert/strict";
import type { Corpus, Package } from "../../bench/layering/corpus.ts";
import { updated } from "../../bench/layering/corpus.ts";
import {
  type DebianCorpus,
  formatCorpus,
  parseCorpus,
  readCorpora,
} from "../../bench/layering/corpus_file.ts";
import { graphCorpus } from "../../bench/layering/graph_corpus.ts";
import { hashedClosure } from "../../bench/layering/hashed_closure.ts";
import { syntheticCorpus } from "../../bench/layering/synthetic.ts";
import { series, singleUpdates, versionOf } from "../../bench/layering/versions.ts";
import { namePart } from "../../src/store/store_path.ts";
import { closureOf } from "../layering/closures.ts";

const of = (name: string, uses = "", version = "1", size = 1): Package => ({
  name,
  version,
  size,
  uses: uses.split(" ").filter((used) => used !== ""),
});

// The application uses two libraries, and both use libc.
const PACKAGES = [of("libc"), of("ssl", "libc"), of("zip", "libc"), of("app", "ssl zip")];

const CORPUS: DebianCorpus = {
  set: "tune",
  name: "small",
  origin: { suite: "s", pockets: ["p"], roots: ["r"], architecture: "amd64", indices: { s: "m" } },
  packages: PACKAGES,
  updates: [
    { kind: "one", sources: ["ssl"], packages: [of("ssl", "libc", "2", 7)], gone: [] },
    {
      kind: "other",
      sources: ["zip", "app"],
      packages: [of("gzip", "libc"), of("app", "gzip ssl")],
      gone: ["zip"],
    },
    { kind: "app", sources: ["app"], packages: [of("app", "ssl zip", "2")], gone: [] },
  ],
  popularity: new Map([["libc", 500], ["ssl", 3], ["zip", 2], ["app", 1]]),
};

const namesOf = (packages: readonly Package[]) => packages.map(({ name }) => name).sort();

Deno.test("updated() replaces, adds and removes packages", () => {
  const [one, other] = CORPUS.updates;
  assert.deepEqual(updated(PACKAGES, one!).map(({ version }) => version), ["1", "2", "1", "1"]);
  assert.deepEqual(namesOf(updated(PACKAGES, other!)), ["app", "gzip", "libc", "ssl"]);
});

Deno.test("parseCorpus() reads what formatCorpus() wrote", () => {
  const text = formatCorpus(CORPUS);
  assert.deepEqual(parseCorpus(text), CORPUS);
  // Packages and updates have a line each.
  assert.equal(text.split("\n").filter((line) => line.startsWith("[")).length, 7);
});

Deno.test("hashedClosure() renames what uses a changed package, and nothing else", () => {
  const before = hashedClosure(PACKAGES).paths;
  const after = hashedClosure(updated(PACKAGES, CORPUS.updates[0]!)).paths;
  const same = [...before].filter(([name, path]) => after.get(name) === path);
  assert.deepEqual(same.map(([name]) => name).sort(), ["libc", "zip"]);
  assert.equal(namePart(after.get("ssl")!), "ssl-2");
  assert.equal(namePart(after.get("app")!), "app-1");
});

Deno.test("hashedClosure() refuses circles and what is missing", () => {
  assert.throws(() => hashedClosure([of("a", "b"), of("b", "a")]), /uses itself: a/);
  assert.throws(() => hashedClosure([of("a", "b")]), /Missing package: b/);
});

Deno.test("singleUpdates() takes no update for its own history", () => {
  const { first, updates } = singleUpdates(CORPUS);
  assert.equal(updates.length, 3);
  for (const { after, history } of updates) {
    assert.deepEqual([...history.at(-1)!.keys()], [...first.closure.keys()]);
    const names = history.flatMap((closure) => [...closure.keys()].map(namePart));
    const fresh = [...after.closure.keys()].map(namePart)
      .filter((name) => !hashedClosure(PACKAGES).closure.has(name as never));
    const added = fresh.filter((name) => /^(ssl-2|gzip|app-2)/.test(name));
    assert.deepEqual(added.filter((name) => names.includes(name)), []);
  }
  assert.deepEqual(updates.map(({ history }) => history.length), [2, 3, 2]);
  assert.equal(singleUpdates(CORPUS, 2).updates.length, 2);
});

Deno.test("series() has versions of which each differs from the one before", () => {
  for (const corpus of [CORPUS as Corpus, syntheticCorpus(1, 50)]) {
    const versions = series(corpus, 20, 1);
    assert.equal(versions.length, 20);
    const keys = versions.map(({ closure }) => [...closure.keys()].sort().join());
    assert.equal(new Set(keys).size, 20);
    for (const { closure } of versions) {
      const used = [...closure.values()].flatMap(({ references }) => references);
      assert.ok(used.every((path) => closure.has(path)));
    }
    assert.deepEqual(series(corpus, 20, 1), versions);
    assert.notDeepEqual(series(corpus, 20, 2), versions);
  }
});

Deno.test("versionOf() counts users in the closure where there is no data", () => {
  const counts = (corpus: Corpus) =>
    [...versionOf(PACKAGES, corpus).popularity]
      .map(([path, count]) => `${namePart(path)} ${count}`).sort();
  assert.deepEqual(counts(CORPUS), ["app-1 1", "libc-1 500", "ssl-1 3", "zip-1 2"]);
  const { popularity: _, ...without } = CORPUS;
  assert.deepEqual(counts(without), ["app-1 1", "libc-1 2", "ssl-1 1", "zip-1 1"]);
});

Deno.test("syntheticCorpus() has the shape of nixpkgs, the same for the same seed", () => {
  const corpus = syntheticCorpus(7, 300);
  assert.deepEqual(syntheticCorpus(7, 300), corpus);
  assert.notDeepEqual(syntheticCorpus(8, 300), corpus);
  assert.equal(corpus.packages.length, 300);
  assert.equal(new Set(namesOf(corpus.packages)).size, 300);
  const others = corpus.packages.filter(({ name }) => name !== "libc" && name !== "app");
  assert.ok(others.every(({ uses }) => uses.includes("libc")));
  const sizes = others.map(({ size }) => size).sort((a, b) => a - b);
  assert.ok(sizes[150]! > 150_000 && sizes[150]! < 600_000, `median ${sizes[150]}`);
  const used = new Set(corpus.packages.flatMap(({ uses }) => uses));
  assert.deepEqual(namesOf(corpus.packages.filter(({ name }) => !used.has(name))), ["app"]);
});

Deno.test("graphCorpus() keeps a closure, and builds single paths again", () => {
  const closure = closureOf({ a: "b", b: "" });
  const [[path, info]] = [...closure] as [[never, never]];
  const twice = new Map([...closure, [String(path).replace("0-a", "9-a") as never, info]]);
  const { packages, updates } = graphCorpus("g", twice);
  assert.deepEqual(namesOf(packages), ["a", "a=2", "b"]);
  assert.deepEqual(updates.map(({ sources }) => sources.join()).sort(), ["a", "a=2", "b"]);
  const changed = hashedClosure(updated(packages, updates[0]!)).closure;
  assert.ok([...hashedClosure(packages).closure.keys()].some((each) => !changed.has(each)));
});

Deno.test("the corpora are whole, and those that judge are not those that tune", () => {
  const tune = readCorpora("tune"), judge = readCorpora("judge");
  for (const root of ["git", "python3", "postgresql", "gcc"]) {
    assert.ok(judge.some(({ name }) => name === root), root);
  }
  const rootsOf = (corpora: readonly DebianCorpus[]) =>
    corpora.map(({ origin }) => origin.roots.join(" "));
  assert.deepEqual(rootsOf(tune).filter((roots) => rootsOf(judge).includes(roots)), []);
  for (const { name, set, packages, updates, origin } of [...tune, ...judge]) {
    assert.ok(set === "tune" ? updates.length >= 30 : updates.length >= 40, name);
    for (const suite of [origin.suite, ...origin.pockets]) {
      assert.match(origin.indices[suite]!, /^http.*, .* \d{4} /);
    }
    for (const update of updates) hashedClosure(updated(packages, update));
  }
});
