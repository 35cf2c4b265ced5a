import assert from "node:assert/strict";
import fc from "fast-check";
import { expectedUpdate } from "../../src/layering/expected_update.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { closureOf, closures, storePath } from "./closures.ts";

Deno.test("expectedUpdate() counts an update for each source, which changes all users", () => {
  const sizes: Record<string, number> = { app: 10, lib: 100, libc: 1000, data: 400 };
  const closure = closureOf({ app: "lib data", lib: "libc", libc: "", data: "" }, (n) => sizes[n]!);
  const [app, lib, libc, data] = [...closure.keys()] as FourPaths;

  // libc changes with one of four events, lib with two, data with one, app with all.
  const { repull, chain, least, layers } = expectedUpdate(closure, [
    layerOf(libc),
    layerOf(data, lib),
    layerOf(app),
  ]);
  assert.deepEqual(layers, [
    { size: 1000, share: 0.25 },
    { size: 500, share: 0.75 },
    { size: 10, share: 1 },
  ]);
  assert.equal(repull, 250 + 375 + 10);
  assert.equal(chain, 250 + 375 + 10);
  assert.equal(least, 250 + 50 + 100 + 10);

  // From the top down, all is unpacked again with each update.
  const upsideDown = expectedUpdate(closure, [layerOf(app), layerOf(data, lib), layerOf(libc)]);
  assert.equal(upsideDown.repull, repull);
  assert.equal(upsideDown.chain, 1510);
});

Deno.test("expectedUpdate() takes what changed before for more likely", () => {
  const version = (a: number, b: number) =>
    new Map([
      [storePath("a-1", a), { references: [], narSize: 100 }],
      [storePath("b-1", b), { references: [], narSize: 100 }],
    ]);
  const shares = (history: ReturnType<typeof version>[]) =>
    expectedUpdate(
      version(3, 1),
      [layerOf(storePath("a-1", 3)), layerOf(storePath("b-1", 1))],
      history,
    ).layers.map(({ share }) => share) as [number, number];

  assert.deepEqual(shares([]), [0.5, 0.5]);
  const [a, b] = shares([version(0, 1), version(2, 1)]);
  assert.ok(a > 0.6 && b > 0.05, `${a} ${b}`);
});

Deno.test("expectedUpdate() never predicts less than what no plan can avoid, nor more than all", () => {
  fc.assert(fc.property(closures, fc.array(fc.nat(3), { minLength: 14 }), (closure, choice) => {
    const layers = [0, 1, 2, 3]
      .map((layer) => layerOf(...[...closure.keys()].filter((_, i) => choice[i] === layer)))
      .filter(({ paths }) => paths.length > 0);
    const { least, repull, chain } = expectedUpdate(closure, layers);
    const all = [...closure.values()].reduce((sum, { narSize }) => sum + narSize, 0);
    const slack = 1e-9 * all;
    assert.ok(least <= repull + slack && repull <= chain + slack && chain <= all + slack);
  }));
});

type FourPaths = [StorePath, StorePath, StorePath, StorePath];

function layerOf(...paths: StorePath[]) {
  return { paths };
}
