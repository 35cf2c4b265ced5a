import assert from "node:assert/strict";
import fc from "fast-check";
import type { EarlierLayer } from "../../src/image/earlier_plan.ts";
import { planUpdate } from "../../src/image/plan_update.ts";
import { planLayers } from "../../src/layering/layering.ts";
import type { Closure } from "../../src/store/closure.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { closures } from "../layering/closures.ts";
import { storePath } from "../support/store_paths.ts";

const SIZES: Record<string, number> = { libc: 100, git: 40, curl: 20, zlib: 5 };

/** Layers of names such as `git` or, with other hashes, `git 2`. */
function layersOf(...names: string[][]) {
  return names.map((layer) => {
    const paths = layer.map((name) => {
      const [first = "", hash = "1"] = name.split(" ");
      return storePath(`${first}-1.0`, hash);
    });
    return { paths, size: paths.reduce((sum, path) => sum + sizeOf(path), 0) };
  });
}

function sizeOf(path: StorePath): number {
  return SIZES[/^.{44}(.*)-/.exec(path)?.[1] ?? ""] ?? NaN;
}

function update(now: EarlierLayer[], before: EarlierLayer[]) {
  const layers = now.map((layer) => ({ size: 0, ...layer }));
  return planUpdate(layers, { name: "before", layers: before }, sizeOf);
}

Deno.test("planUpdate() moves nothing where nothing changed", () => {
  const layers = layersOf(["libc"], ["zlib", "git"], ["curl"]);
  // A top layer lies above.
  assert.deepEqual(update(layers, [...layers, { paths: [], diffId: "sha256:1" }]), {
    from: "before",
    changes: ["kept", "kept", "kept"],
    removed: 0,
    repull: 0,
    chain: 0,
    least: 0,
    total: 165,
  });
});

Deno.test("planUpdate() tells layers kept, changed, added and gone, and what they cost", () => {
  const before = layersOf(["libc"], ["zlib", "git"], ["gone"]);
  const now = layersOf(["libc"], ["zlib", "git 2"], ["curl"]);
  assert.deepEqual(update(now, before), {
    from: "before",
    changes: ["kept", "changed", "added"],
    removed: 2,
    repull: 65,
    chain: 65,
    least: 60, // zlib moves with git alone
    total: 165,
  });
});

Deno.test("planUpdate() has an overlay store load all above the first layer that differs", () => {
  const before = layersOf(["curl"], ["libc"], ["git"]);
  const now = layersOf(["curl 2"], ["libc"], ["git"]);
  const { changes, repull, chain } = update(now, before);
  assert.deepEqual({ changes, repull, chain }, {
    changes: ["changed", "kept", "kept"],
    repull: 20,
    chain: 160,
  });
  const swapped = update(layersOf(["curl"], ["git"], ["libc"]), before);
  assert.deepEqual([swapped.repull, swapped.chain], [0, 140]);
});

Deno.test("planUpdate() takes layers in another order of paths for others: their bytes are", () => {
  const { changes, repull, least } = update(
    layersOf(["git", "zlib"]),
    layersOf(["zlib", "git"]),
  );
  assert.deepEqual([changes, repull, least], [["changed"], 45, 0]);
});

Deno.test("planUpdate() compares hashes where both sides know them, however they are written", () => {
  const [layer] = layersOf(["git"]);
  // nix-hash --to-sri and --to-base32 of the SHA-256 of nothing.
  const sri = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  const hex = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const base32 = "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  const other = `sha256:${"0".repeat(64)}`;
  const change = (now: string[] | undefined, before: string[] | undefined) =>
    update(
      [{ ...layer!, ...now && { narHashes: now } }],
      [{ ...layer!, ...before && { narHashes: before } }],
    ).changes[0];
  assert.equal(change([sri], [hex]), "kept");
  assert.equal(change([base32], [hex]), "kept");
  assert.equal(change([sri], undefined), "kept");
  assert.equal(change(undefined, [hex]), "kept");
  assert.equal(change([sri], [other]), "changed");
});

Deno.test("planUpdate() knows layers of a base by their digests, store paths in them or not", () => {
  const base = (digest: string) => ({ paths: [], diffId: digest, size: 1000 });
  const own = layersOf(["git"]);
  const image = own.map((layer, index) => ({ ...layer, diffId: `sha256:own${index}` }));
  const before = [{ ...layersOf(["libc"])[0]!, diffId: "sha256:a" }, base("sha256:b"), ...image];
  const same = update([base("sha256:a"), base("sha256:b"), ...own], before);
  assert.deepEqual([same.repull, same.chain, same.removed], [0, 0, 0]);
  const other = update([base("sha256:a"), base("sha256:c"), ...own], before);
  assert.deepEqual(other.changes, ["kept", "added", "kept"]);
  assert.deepEqual([other.repull, other.chain, other.least], [1000, 1040, 1000]);
});

Deno.test("planUpdate() of any plans moves no more by pulling than by loading, and no less than the new paths", () => {
  const limits = fc.integer({ min: 1, max: 8 });
  const cases = fc.tuple(closures, closures, limits, limits);
  const of = (closure: Closure, limit: number) =>
    planLayers(closure, { strategy: "auto", limit }).map((layer) => ({
      ...layer,
      size: layer.paths.reduce((sum, path) => sum + closure.get(path)!.narSize, 0),
    }));
  fc.assert(fc.property(cases, ([before, now, first, second]) => {
    const layers = of(now, second);
    const { repull, chain, least, total, changes } = planUpdate(
      layers,
      { name: "", layers: of(before, first) },
      (path) => now.get(path)!.narSize,
    );
    const added = [...now].filter(([path]) => !before.has(path));
    assert.equal(least, added.reduce((sum, [, { narSize }]) => sum + narSize, 0));
    assert.ok(least <= repull && repull <= chain && chain <= total);
    assert.equal(changes.length, layers.length);
  }));
});
