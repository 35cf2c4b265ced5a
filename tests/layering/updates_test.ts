import assert from "node:assert/strict";
import fc from "fast-check";
import { autoLayers } from "../../src/layering/auto.ts";
import { expectedUpdate } from "../../src/layering/expected_update.ts";
import type { LayerPlan } from "../../src/layering/layer_plan.ts";
import { updatesLayers } from "../../src/layering/updates.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart, type StorePath } from "../../src/store/store_path.ts";
import { chain, closureOf, closures, shuffled, storePath } from "./closures.ts";

const MB = 1_000_000;

Deno.test("updatesLayers() keeps an application apart from the large library below it", () => {
  const sizes: Record<string, number> = { "app-1": 20, "glibc-2.38": 30, "data-1": 10 };
  const closure = closureOf(
    { "app-1": "glibc-2.38 data-1", "glibc-2.38": "", "data-1": "" },
    (name) => sizes[name]! * MB,
  );
  assert.deepEqual(named(updatesLayers(closure, 3)), [["glibc-2.38"], ["data-1"], ["app-1"]]);
});

Deno.test("updatesLayers() puts the application on top of what it uses", () => {
  const closure = closureOf(
    { "app-1": "lib-1", "lib-1": "libc-1", "libc-1": "" },
    (name) => name === "app-1" ? 900 * MB : MB,
  );
  assert.deepEqual(named(updatesLayers(closure, 3)), [["libc-1"], ["lib-1"], ["app-1"]]);
});

Deno.test("updatesLayers() puts paths of one source together", () => {
  const closure = closureOf({
    "app-1": "qtbase-6.7.2 qtsvg-6.7.2 openssl-3.0-bin icu-74.2",
    "qtbase-6.7.2": "",
    "qtsvg-6.7.2": "",
    "openssl-3.0": "",
    "openssl-3.0-bin": "",
    "icu-74.2": "",
  }, () => 50 * MB);
  const layers = named(updatesLayers(closure, 4));
  assert.ok(layers.some((names) => names.join() === "qtbase-6.7.2,qtsvg-6.7.2"));
  assert.ok(layers.some((names) => names.join() === "openssl-3.0,openssl-3.0-bin"));
});

Deno.test("updatesLayers() has tiny paths share a layer, and large ones not", () => {
  const closure = closureOf(
    { "big-a": "", "big-b": "", "tiny-a": "", "tiny-b": "", "tiny-c": "" },
    (name) => name.startsWith("big") ? 100 * MB : 1000,
  );
  assert.deepEqual(named(updatesLayers(closure, 3)).sort(), [
    ["big-a"],
    ["big-b"],
    ["tiny-a", "tiny-b", "tiny-c"],
  ]);
});

Deno.test("updatesLayers() gives each path a layer where there is room", () => {
  const closure = closureOf({ a: "b c", b: "", c: "" }, () => MB);
  assert.equal(updatesLayers(closure, 99).length, 3);
});

Deno.test("updatesLayers() takes paths that refer to themselves", () => {
  const [a, b] = [storePath("a-1", 1), storePath("b-1", 2)];
  const closure: Closure = new Map([
    [a, { references: [a, b], narSize: 10 }],
    [b, { references: [b], refersToItself: true, narSize: 20 }],
  ]);
  assert.deepEqual(updatesLayers(closure, 2).map(({ paths }) => paths), [[b], [a]]);
});

Deno.test("updatesLayers() says why paths are together and how often they change", () => {
  const closure = closureOf(
    {
      "app-1": "lib-1 libc-1 tool-1",
      "tool-1": "libc-1",
      "lib-1": "libc-1",
      "libc-1": "",
    },
    (name) => ({ "app-1": 1, "lib-1": 100, "libc-1": 300, "tool-1": 250 })[name]! * MB,
  );
  assert.deepEqual(
    updatesLayers(closure, 4).map(({ reason }) => reason),
    [
      "libc-1 alone: 25 % of updates",
      "tool-1 alone: 50 % of updates",
      "lib-1 alone: 50 % of updates",
      "app-1 alone: 100 % of updates",
    ],
  );
  const [all] = updatesLayers(closure, 1);
  assert.equal(all?.reason, "app-1 with 3 paths that it changes with: 100 % of updates");
});

Deno.test("updatesLayers() makes the same plan of a closure that was rebuilt", () => {
  // Equal names are told apart by their hashes alone.
  const cases = closures.filter((closure) =>
    new Set([...closure.keys()].map(namePart)).size === closure.size
  );
  fc.assert(
    fc.property(cases, fc.nat(1000), fc.integer({ min: 1, max: 9 }), (closure, salt, limit) => {
      const rebuilt = rename(closure, (path) => storePath(namePart(path), hash(path, salt)));
      assert.deepEqual(named(updatesLayers(rebuilt, limit)), named(updatesLayers(closure, limit)));
    }),
  );
});

Deno.test("updatesLayers() leaves the plan alone when sizes change a little", () => {
  const closure = realistic(120);
  const names = named(updatesLayers(closure, 20));
  let same = 0;
  for (let round = 1; round <= 10; round++) {
    const other = new Map(
      [...closure].map(([path, info], index) => [path, {
        ...info,
        narSize: Math.round(info.narSize * (1 + ((index * 7 + round * 13) % 11 - 5) / 5000)),
      }]),
    );
    if (JSON.stringify(named(updatesLayers(other, 20))) === JSON.stringify(names)) same++;
  }
  assert.ok(same >= 8, `${same} of 10`);
});

Deno.test("updatesLayers() expects less to be pulled than auto's plan does", () => {
  for (const limit of [10, 20, 40]) {
    const closure = realistic(200);
    const ours = expectedUpdate(closure, updatesLayers(closure, limit));
    const auto = expectedUpdate(closure, autoLayers(closure, limit));
    const waste = (ours.repull - ours.least) / (auto.repull - auto.least);
    assert.ok(waste < 0.5 && ours.chain <= auto.chain, `${limit}: ${waste}`);
  }
});

Deno.test("updatesLayers() sets apart what changed in earlier versions", () => {
  const version = (busy: number): Closure =>
    new Map([
      ...["a", "b", "c", "d"].map((name, index) =>
        [storePath(`${name}-1`, index + 1), { references: [], narSize: 10 * MB }] as const
      ),
      [storePath("busy-1", busy), { references: [], narSize: 10 * MB }] as const,
    ]);
  const history = [50, 51, 52, 53].map(version);
  const names = named(updatesLayers(version(54), 3, { history }));
  assert.ok(names.some((layer) => layer.join() === "busy-1"));
  assert.deepEqual(names.at(-1), ["busy-1"]);
});

Deno.test("updatesLayers() plans after a version whose closure it knows as after its plan", () => {
  const versions = [1, 2, 3].map((seed) => {
    const closure = realistic(120);
    const changed = [...closure.keys()].filter((_, index) => index % 40 === seed);
    return rename(closure, (path) => {
      const at = changed.indexOf(path);
      return at < 0 ? path : storePath(`${namePart(path)}.1`, 5000 + 100 * seed + at);
    });
  });
  const last = realistic(120);
  let previous: LayerPlan[] = [];
  for (const [index, closure] of versions.entries()) {
    previous = updatesLayers(closure, 15, { previous, history: versions.slice(0, index) });
  }
  assert.deepEqual(
    updatesLayers(last, 15, { history: versions }),
    updatesLayers(last, 15, { history: versions, previous }),
  );
  assert.notDeepEqual(updatesLayers(last, 15, { history: versions }), updatesLayers(last, 15));
});

for (const shape of ["wide", "deep"]) {
  Deno.test(`updatesLayers() plans 10,000 paths: ${shape}`, () => {
    const closure = shape === "wide" ? realistic(10_000) : chain(10_000);
    const layers = updatesLayers(closure, 30);
    assert.equal(layers.length, 30);
    assert.equal(new Set(layers.flatMap(({ paths }) => paths)).size, 10_000);
  });
}

Deno.test("updatesLayers() does not depend on the order of a closure too large for all pairs", () => {
  const closure = realistic(1500);
  const [other] = fc.sample(shuffled(closure), { numRuns: 1, seed: 1 });
  assert.deepEqual(updatesLayers(other!, 20), updatesLayers(closure, 20));
});

function named(layers: readonly LayerPlan[]): string[][] {
  return layers.map(({ paths }) => paths.map(namePart));
}

function rename(closure: Closure, name: (path: StorePath) => StorePath): Closure {
  return new Map(
    [...closure].map(([path, info]) => [name(path), {
      ...info,
      references: info.references.map(name),
    }]),
  );
}

/** Another number for each path, in another order. */
function hash(path: StorePath, salt: number): number {
  return (Number(path.slice(11, 43)) + 1) * (salt * 2 + 1) * 7919 % 100_003;
}

/** Few large and many small paths; most use some that many use. */
function realistic(count: number): Closure {
  let state = 1;
  const random = () => (state = state * 48271 % 2147483647) / 2147483647;
  const paths = Array.from(
    { length: count },
    (_, index) => storePath(`p${index}-1.${index}`, index),
  );
  return new Map(
    paths.map((path, index) => [path, {
      references: [
        ...new Set(
          Array.from(
            { length: 1 + Math.floor(random() * 5) },
            () => Math.floor(index * random() ** 2),
          ),
        ),
      ].filter((used) => used < index).map((used) => paths[used]!),
      narSize: Math.round(Math.exp(8 + 9 * random())),
    }]),
  );
}
