import assert from "node:assert/strict";
import { compareImages } from "../../src/image/comparison.ts";
import { describeImage } from "../../src/image/description.ts";
import { listedImage, storedLayers, withBlob } from "../support/listed_images.ts";
import { storePath } from "../support/store_paths.ts";

const [OLD, NEW] = [storePath("hello-1", "1"), storePath("hello-2", "2")];

const [base, oldHello, newHello, patch] = await storedLayers(
  [
    { name: "etc", type: "directory", mode: 0o755 },
    { name: "etc/one", content: "1" },
    { name: "etc/two", content: "2" },
    { name: "etc/three", content: "3" },
  ],
  [{ name: OLD.slice(1), content: "old" }],
  [{ name: NEW.slice(1), content: "newer" }],
  [
    { name: "etc/.wh.one" },
    { name: "etc/two", content: "22", mode: 0o755 },
    { name: "etc/four", type: "symlink", linkname: "two" },
  ],
);
assert.ok(base && oldHello && newHello && patch);

Deno.test("describeImage() has layers with their part of the history, and sizes", async () => {
  const history = [
    { created_by: "one", created: "2000-01-01T00:00:00Z" },
    { created_by: "nothing", empty_layer: true },
    { comment: "two", created_by: 5 },
  ];
  const layers = [withBlob(base, 77), patch];
  const { image, listings } = await listedImage(layers, { history, config: { User: "me" } });
  const { layers: described, ...facts } = describeImage(image, listings);
  const [lower, upper] = described;
  assert.deepEqual(facts, {
    names: ["app:1"],
    id: image.configDigest,
    manifestDigest: null,
    platform: "linux/arm/v7",
    created: image.created,
    size: await base.tarSize() + await patch.tarSize(),
    config: { User: "me" },
    annotations: {},
  });
  assert.equal(lower?.blob?.size, 77);
  assert.deepEqual([lower?.createdBy, lower?.comment], ["one", null]);
  assert.deepEqual([upper?.createdBy, upper?.comment, upper?.created], [null, "two", null]);
  assert.deepEqual([lower?.files, lower?.outsideStore, lower?.whiteouts], [4, 3, 0]);
  assert.deepEqual([upper?.files, upper?.outsideStore, upper?.whiteouts], [2, 2, 1]);
  const { image: without } = await listedImage(layers, { history: history.slice(1) });
  assert.equal(describeImage(without, listings).layers[1]?.comment, null);
});

Deno.test("compareImages() finds what changed, layer by layer and for a container", async () => {
  const from = await listedImage([base, oldHello]);
  const to = await listedImage([base, newHello, patch, newHello], {
    names: ["app:2"],
    created: "x",
  });
  const { same, layers, storePaths, files, config } = compareImages(from, to);
  assert.equal(same, false);
  const ids = (of: readonly { readonly diffId: string | null }[]) => of.map(({ diffId }) => diffId);
  assert.deepEqual(ids(layers.shared), [base.diffId]);
  assert.deepEqual(ids(layers.removed), [oldHello.diffId]);
  assert.deepEqual(ids(layers.added), [newHello.diffId, patch.diffId]);
  assert.deepEqual(storePaths, {
    added: [],
    removed: [],
    changed: [{ from: { path: OLD, size: 3 }, to: { path: NEW, size: 5 } }],
  });
  assert.deepEqual([files.added, files.removed], [["/etc/four"], ["/etc/one"]]);
  assert.deepEqual(
    files.changed.map(({ path, from, to }) => [path, from.size, from.mode, to.size, to.mode]),
    [["/etc/two", 1, 0o644, 2, 0o755]],
  );
  assert.deepEqual(config, [{ path: ["created"], from: null, to: "x" }]);
});

Deno.test("compareImages() counts what is to pull as it is stored, each layer once", async () => {
  const from = await listedImage([base]);
  const pullOf = async (...layers: Parameters<typeof listedImage>[0]) =>
    compareImages(from, await listedImage(layers)).pull;
  const size = await newHello.tarSize();
  assert.deepEqual(await pullOf(base), { layers: 0, compressedLayers: 0, size: 0 });
  assert.deepEqual(await pullOf(withBlob(base, 9)), { layers: 0, compressedLayers: 0, size: 0 });
  assert.deepEqual(await pullOf(base, newHello, newHello), {
    layers: 1,
    compressedLayers: 0,
    size,
  });
  assert.deepEqual(await pullOf(base, withBlob(newHello, 99), withBlob(patch, 1000, false)), {
    layers: 2,
    compressedLayers: 1,
    size: 1099,
  });
});

Deno.test("compareImages() finds no difference between an image and itself", async () => {
  const listed = await listedImage([base, patch], { config: { Env: ["A=1"] } });
  const { same, storePaths, files, config } = compareImages(listed, listed);
  assert.equal(same, true);
  assert.deepEqual(storePaths, { added: [], removed: [], changed: [] });
  assert.deepEqual(files, { added: [], removed: [], changed: [] });
  assert.deepEqual(config, []);
});
