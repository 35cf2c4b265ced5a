import assert from "node:assert/strict";
import { computeDiffId } from "../../src/layer/layer.ts";
import type { RootTree } from "../../src/rootfs/root_tree.ts";
import { TopLayer } from "../../src/rootfs/top_layer.ts";
import { assertSameBytes } from "../support/bytes.ts";
import {
  type FarmCase,
  farmOf,
  linksAndDirectories,
  randomFarms,
  type Tree,
  withFarms,
} from "../support/farms.ts";
import { SEED } from "../support/samples.ts";
import { storePath } from "../support/store_paths.ts";

const A = storePath("a", "a");

/** Names and targets about the 100 characters that a header has room for. */
const LONG: FarmCase = {
  trees: {
    [A]: Object.fromEntries([50, 51, 52, 53, 95, 96, 97, 98, 99, 100, 101, 200, 255].flatMap(
      (length): [string, Tree][] => [
        ["d" + "-".repeat(length - 1), {}],
        ["e" + "-".repeat(length - 1), { inside: "" }],
        ["f" + "-".repeat(length - 1), ""],
        ["g" + "-".repeat(length - 1), ["t".repeat(length)]],
        ["é" + "-".repeat(length - 2), ["é" + "t".repeat(length - 2)]],
      ],
    )),
  },
  contents: [A],
};

/** Orders that differ by path, by path component, by UTF-16 unit and by byte. */
const ORDER: FarmCase = {
  trees: {
    [A]: Object.fromEntries(
      ["a/f", "a-b", "a.b", "a b", "A", "_", "~a", "é", "\ud7ff", "\ue000", "\uffff", "😀", "z"]
        .map((name): [string, Tree] => name === "a/f" ? ["a", { f: "" }] : [name, ""]),
    ),
  },
  contents: [A],
};

async function bytesOf(tree: RootTree): Promise<Uint8Array> {
  const layer = new TopLayer(tree, []);
  const bytes = await new Response(layer.open()).bytes();
  assert.equal(await layer.tarSize(), bytes.length);
  return bytes;
}

/** The layer is there even when it is empty. */
const EMPTY: FarmCase = { trees: {}, contents: [] };

Deno.test("TopLayer has the bytes of GNU tar over what lndir makes", async () => {
  await withFarms([LONG, ORDER, EMPTY, ...randomFarms(40)], async (farmCase, farm) => {
    const about = `seed ${SEED}: ${JSON.stringify(farmCase)}`;
    const { tree } = await farmOf(farmCase.contents, farm.root);
    assertSameBytes(await bytesOf(tree), farm.tar, about);
    assertSameBytes(await bytesOf(new Map([...tree].reverse())), farm.tar, about);
  });
});

Deno.test("TopLayer has an identity that tells its entries apart, whatever their order", () => {
  const identity = (...entries: [string, string?][]) =>
    new TopLayer(linksAndDirectories(entries), []).identity;
  assert.equal(identity(["a"], ["b", "c"]), identity(["b", "c"], ["a"]));
  const different = [
    identity(),
    identity(["a"]),
    identity(["a", "b"]),
    identity(["a", "c"]),
    identity(["a"], ["b"]),
    identity(["a"], ["a/b"]),
  ];
  assert.equal(new Set(different).size, different.length);
  for (const digits of different) assert.match(digits, /^[0-9a-f]{64}$/);
});

Deno.test("TopLayer gives the same bytes each time it is opened", async () => {
  const layer = new TopLayer(linksAndDirectories([["a", "b"]]), ["/nix/store/x"]);
  assert.equal(await computeDiffId(layer), await computeDiffId(layer));
  assert.equal(layer.comment, "top layer: ['/nix/store/x']");
});
