import assert from "node:assert/strict";
import fc from "fast-check";
import { expectedUpdate } from "../../src/layering/expected_update.ts";
import type { PreviousLayer } from "../../src/layering/layer_plan.ts";
import { updatesLayers } from "../../src/layering/updates.ts";
import type { Closure } from "../../src/store/closure.ts";
import { namePart } from "../../src/store/store_path.ts";
import { closures, shuffled, storePath } from "./closures.ts";

const MB = 1_000_000;

/** Package, version, megabytes, used packages. */
type Package = [name: string, version: string, size: number, uses?: string];

const PACKAGES: Package[] = [
  ["libc", "2.38", 30],
  ["zlib", "1.3", 1, "libc"],
  ["ssl", "3.0", 8, "libc zlib"],
  ["icu", "74", 38, "libc"],
  ["data", "1", 60],
  ["fonts", "1", 45],
  ["python", "3.11", 55, "libc zlib ssl"],
  ["numpy", "1.26", 40, "python libc"],
  ["django", "4.2", 25, "python icu"],
  ["tool", "9", 15, "libc"],
  ["app", "1", 12, "django numpy data fonts tool"],
];

Deno.test("updatesLayers() leaves an unchanged closure's plan as it was", () => {
  const closure = build(PACKAGES);
  for (const limit of [1, 3, 5, 8, 20]) {
    const previous = updatesLayers(closure, limit);
    assert.deepEqual(updatesLayers(closure, limit, { previous }), previous);
  }
});

Deno.test("updatesLayers() keeps each path in its layer when versions move", () => {
  const previous = updatesLayers(build(PACKAGES), 5);
  const next = build(changed({ django: ["django", "5.0", 27, "python icu"] }));
  const layers = updatesLayers(next, 5, { previous });
  assert.deepEqual(packages(layers), packages(previous));
  const intact = layers.filter(({ paths }) => paths.every((path) => build(PACKAGES).has(path)));
  assert.ok(intact.length > 1);
  for (const { paths } of intact) {
    assert.ok(previous.some((layer) => layer.paths.join() === paths.join()));
  }
});

Deno.test("updatesLayers() keeps what a numbered package's successor takes the place of", () => {
  const named = (python: string) =>
    build([
      ["libc", "2.38", 30],
      [`${python}-six`, "1.16", 5, "libc"],
      ["data", "1", 60],
      ["app", "1", 12, `${python}-six data`],
    ]);
  const previous = updatesLayers(named("python3.11"), 3);
  const layers = updatesLayers(named("python3.12"), 3, { previous });
  const names = packages(layers).map((layer) => layer.map((name) => name.replace("3.12", "3.11")));
  assert.deepEqual(names, packages(previous));
});

Deno.test("updatesLayers() puts a new path where it disturbs least", () => {
  const previous = updatesLayers(build(PACKAGES), 5);
  const next = build([
    ...changed({ app: ["app", "2", 12, "django numpy data fonts tool extra"] }),
    ["extra", "1", 2],
  ]);
  const layers = updatesLayers(next, 5, { previous });
  // The application's layer changes anyway.
  const home = layers.find(({ paths }) => paths.some((path) => namePart(path) === "extra-1"));
  assert.ok(home?.paths.some((path) => namePart(path) === "app-2"));
  assert.equal(layers.filter((layer) => was(layer, previous)).length, layers.length - 1);
});

Deno.test("updatesLayers() gives a new large path a layer if there is room", () => {
  const previous = updatesLayers(build(PACKAGES), 5);
  const next = build([...PACKAGES, ["model", "1", 500]]);
  const layers = updatesLayers(next, 6, { previous });
  assert.deepEqual(
    layers.filter((layer) => !was(layer, previous)).map(({ paths }) => paths.map(namePart)),
    [["model-1"]],
  );
});

Deno.test("updatesLayers() lets go of what vanished, and of nothing else", () => {
  const previous = updatesLayers(build(PACKAGES), 5);
  const next = build(
    changed({ app: ["app", "2", 12, "django numpy data fonts"] }).filter(([n]) => n !== "tool"),
  );
  const layers = updatesLayers(next, 5, { previous });
  const without = packages(previous).map((layer) => layer.filter((name) => name !== "tool"));
  assert.deepEqual(packages(layers), without.filter((layer) => layer.length > 0));
});

Deno.test("updatesLayers() merges the cheapest layers if the limit is smaller than before", () => {
  const closure = build(PACKAGES);
  const previous = updatesLayers(closure, 8);
  const layers = updatesLayers(closure, 7, { previous });
  assert.equal(layers.length, 7);
  assert.ok(layers.filter((layer) => was(layer, previous)).length >= 6);
});

Deno.test("updatesLayers() makes a new plan where the earlier one is not worth keeping", () => {
  const closure = build(PACKAGES);
  const previous = [{ paths: [...closure.keys()] }];
  const kept = expectedUpdate(closure, updatesLayers(closure, 6, { previous }));
  const fresh = expectedUpdate(closure, updatesLayers(closure, 6));
  assert.equal(kept.layers.length, 6);
  assert.ok(kept.repull <= fresh.repull, `${kept.repull} ${fresh.repull}`);
});

Deno.test("updatesLayers() keeps plans good over many updates", () => {
  const names = PACKAGES.map(([name]) => name);
  let current = PACKAGES;
  let plan = updatesLayers(build(current), 5);
  for (let update = 0; update < 40; update++) {
    const name = names[update * 7 % names.length];
    current = current.map((entry) =>
      entry[0] === name ? [name, `${entry[1]}.${update}`, entry[2], entry[3] ?? ""] : entry
    );
    plan = updatesLayers(build(current), 5, { previous: plan });
  }
  const closure = build(current);
  const kept = expectedUpdate(closure, plan);
  const fresh = expectedUpdate(closure, updatesLayers(closure, 5));
  assert.ok(kept.repull <= fresh.repull * 1.1, `${kept.repull} ${fresh.repull}`);
  assert.ok(kept.chain <= fresh.chain * 1.1, `${kept.chain} ${fresh.chain}`);
});

Deno.test("updatesLayers() holds each path once, whatever the earlier layers were", () => {
  const limits = fc.integer({ min: 1, max: 9 });
  const cases = fc.tuple(closures, closures.chain((c) => fc.tuple(fc.constant(c), shuffled(c))));
  fc.assert(
    fc.property(cases, limits, limits, ([earlier, [closure, other]], before, limit) => {
      const previous = updatesLayers(earlier, before);
      const layers = updatesLayers(closure, limit, { previous, history: [earlier] });
      assert.ok(layers.length <= limit && layers.every(({ paths }) => paths.length > 0));
      assert.deepEqual(layers.flatMap(({ paths }) => paths).sort(), [...closure.keys()].sort());
      assert.deepEqual(updatesLayers(other, limit, { previous, history: [earlier] }), layers);
    }),
    { numRuns: 300 },
  );
});

/** A closure with hashes as Nix makes them: what a path uses changes its own. */
function build(packages: readonly Package[]): Closure {
  const known = new Map(packages.map((entry) => [entry[0], entry]));
  const hashOf = (name: string): number => {
    const [, version, size, uses = ""] = known.get(name)!;
    const text = `${name}-${version} ${size} ${words(uses).map(hashOf)}`;
    return [...text].reduce((sum, c) => (sum * 31 + c.codePointAt(0)!) % 1_000_000_007, 7);
  };
  const path = (name: string) => storePath(`${name}-${known.get(name)![1]}`, hashOf(name));
  return new Map(packages.map(([name, , size, uses = ""]) => [path(name), {
    references: words(uses).map(path).sort(),
    narSize: size * MB,
  }]));
}

function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function changed(changes: Record<string, Package>): Package[] {
  return PACKAGES.map((entry) => changes[entry[0]] ?? entry);
}

function packages(layers: readonly PreviousLayer[]): string[][] {
  return layers.map(({ paths }) => paths.map((path) => namePart(path).replace(/-[\d.]+$/, "")));
}

function was({ paths }: PreviousLayer, previous: readonly PreviousLayer[]): boolean {
  return previous.some((layer) => layer.paths.join() === paths.join());
}
