import assert from "node:assert/strict";
import { BaseRoot } from "../../src/base/base_root.ts";
import { LayerLister } from "../../src/base/layer_lister.ts";
import { listLayer } from "../../src/base/layer_listing.ts";
import { Scratch } from "../support/scratch.ts";
import { storedLayers } from "../support/listed_images.ts";
import { storePath } from "../support/store_paths.ts";

const HELLO = storePath("hello", "1");
const NAME = HELLO.slice(1);

const [mixed, other] = await storedLayers(
  [
    { name: "etc", type: "directory", mode: 0o755 },
    { name: "etc/text", content: "12345", mode: 0o600, uid: 7, gid: 8 },
    { name: "etc/link", type: "symlink", linkname: "text" },
    { name: "etc/hard", type: "link", linkname: "etc/text" },
    { name: "etc/harder", type: "link", linkname: "etc/link" },
    { name: NAME, type: "directory", mode: 0o555 },
    { name: `${NAME}/a`, content: "abc", mode: 0o444 },
    { name: `${NAME}/b`, type: "link", linkname: `${NAME}/a` },
    { name: `${NAME}/c`, type: "symlink", linkname: "a" },
  ],
  [{ name: "etc/.wh.text" }, { name: "etc/new", content: "1" }],
);
assert.ok(mixed && other);

Deno.test("listLayer() has sizes, and takes hard links for what they lead to", async () => {
  const { entries, storePaths, tarSize } = await listLayer(mixed);
  assert.equal(tarSize, await mixed.tarSize());
  const facts = entries.map((
    { path, type, mode, size, target },
  ) => [path, type, type === "symlink" ? "" : mode.toString(8), size, target]);
  assert.deepEqual(facts, [
    ["etc", "directory", "755", 0, ""],
    ["etc/text", "file", "600", 5, ""],
    ["etc/link", "symlink", "", 0, "text"],
    ["etc/hard", "file", "600", 5, ""],
    ["etc/harder", "symlink", "", 0, "text"],
  ]);
  assert.deepEqual([...storePaths.keys()], [HELLO]);
  const { size, files } = storePaths.get(HELLO)!;
  assert.deepEqual({ size, files }, { size: 6, files: 4 });
});

Deno.test("LayerLister reads a layer once, and not at all in the next run", async () => {
  await using scratch = new Scratch();
  const [layer] = await storedLayers([{ name: "file", content: "text" }, { name: NAME }]);
  assert.ok(layer);
  const first = new LayerLister(`${scratch.path}/kept`);
  const seen: number[] = [];
  const [listing, again] = await first.list([layer, layer], (index) => seen.push(index));
  assert.deepEqual(seen, [0, 1]);
  assert.equal(again, listing);
  const [kept] = await new LayerLister(`${scratch.path}/kept`).list([layer]);
  assert.deepEqual(kept, listing);
  assert.equal(layer.opened.tar, 1);
});

Deno.test("BaseRoot has what is left of all layers, directories before what is in them", async () => {
  const root = new BaseRoot([await listLayer(mixed), await listLayer(other)]);
  const entries = [...root.entries()];
  const paths = entries.map(({ path }) => path);
  assert.deepEqual(paths.toSorted(), ["etc", "etc/hard", "etc/harder", "etc/link", "etc/new"]);
  assert.equal(paths[0], "etc");
  for (const entry of entries) assert.deepEqual(root.find(entry.path), entry);
});

Deno.test("BaseRoot tells store paths from those that upper layers change", async () => {
  const layers = await storedLayers(
    [{ name: `${NAME}/a`, content: "abc" }],
    [{ name: `${NAME}/.wh.a` }],
    [{ name: `${NAME}/b`, content: "d" }],
    [{ name: `nix/store/.wh.${NAME.slice(10)}` }],
  );
  const [whole, without, more, gone] = await Promise.all(layers.map(listLayer));
  assert.ok(whole && without && more && gone);
  const found = (...listings: typeof whole[]) => new BaseRoot(listings).storePaths.get(HELLO);
  assert.deepEqual(found(whole), whole.storePaths.get(HELLO));
  assert.deepEqual(found(whole, whole), found(whole));
  const digests = [
    found(whole),
    found(whole, without),
    found(whole, more),
    found(more, whole),
    found(more),
  ].map((listed) => listed?.digest);
  assert.equal(new Set(digests).size, digests.length);
  assert.equal(found(whole, more)?.size, 4);
  assert.equal(found(whole, gone), undefined);
});
