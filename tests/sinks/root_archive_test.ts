import assert from "node:assert/strict";
import { mergeLayers } from "../../src/base/merged_root.ts";
import { ImageError } from "../../src/errors.ts";
import type { Layer } from "../../src/layer/layer.ts";
import { rootArchive } from "../../src/sinks/root_archive.ts";
import { assertSameBytes, readWith } from "../support/bytes.ts";
import { readRoots } from "../support/exported_roots.ts";
import { layerOf } from "../support/layers.ts";
import { makeTars, type TarRecipeMember } from "../support/tars.ts";

/** More than is read at a time, and not all the same. */
const LARGE = Array.from({ length: 400_000 }, (_, index) => String(index % 9973)).join(",");

const LOWER: TarRecipeMember[] = [
  { name: "z", content: "z" },
  { name: "link", type: "symlink", linkname: "/etc" },
  { name: "hidden", content: LARGE },
  { name: "b/large", content: LARGE },
  { name: "c", type: "character", device: [1, 3] },
  { name: "a", type: "link", linkname: "z" },
  { name: "block", content: "x".repeat(512) },
  { name: "empty", content: "" },
];
const UPPER: TarRecipeMember[] = [
  { name: ".wh.hidden" },
  { name: "é\udcff/file", content: "1" },
  { name: "d/link2", type: "link", linkname: "link" },
  { name: "b/large2", type: "link", linkname: "b/large" },
  { name: "b/p", type: "fifo" },
];
const [lowerTar, upperTar, emptyTar] = await makeTars(
  { members: LOWER },
  { members: UPPER },
  { members: [{ name: "none", content: "" }, { name: "b", type: "directory", mode: 0o700 }] },
);
const layers = [layerOf("0", lowerTar!), layerOf("1", upperTar!), layerOf("2", emptyTar!)];
const root = await mergeLayers(layers);
const archive = rootArchive(root, layers);
const bytes = await readWith(archive.open(), 1 << 20);

Deno.test("rootArchive() has directories, files as they lie in the layers, and then the rest", async () => {
  const [found] = await readRoots([bytes]);
  assert.deepEqual(found!.order, [
    ".",
    "./b",
    "./d",
    "./é\udcff",
    "./a",
    "./z",
    "./b/large",
    "./b/large2",
    "./block",
    "./empty",
    "./é\udcff/file",
    "./none",
    "./b/p",
    "./c",
    "./d/link2",
    "./link",
  ]);
  assert.equal(found!.entries["b/large"]!.size, LARGE.length);
  assert.deepEqual(found!.entries["link"]!.names, ["d/link2", "link"]);
});

Deno.test("rootArchive() has directories behind what is in them, if asked to", async () => {
  const reversed = rootArchive(root, layers, { directoriesLast: true });
  const [first, last] = await readRoots([bytes, await readWith(reversed.open(), 1 << 20)]);
  assert.deepEqual(last!.order, [...first!.order.slice(4), "./é\udcff", "./d", "./b", "."]);
  assert.deepEqual(last!.entries, first!.entries);
  assert.equal(reversed.size, archive.size);
});

Deno.test("rootArchive() knows its size, and has the same bytes however it is read", async () => {
  assert.equal(archive.size, bytes.length);
  assert.equal(bytes.length % 10240, 0);
  for (const size of [1000, 512, 65_537]) {
    assertSameBytes(await readWith(archive.open(), size), bytes, `buffers of ${size} bytes`);
  }
});

Deno.test("rootArchive() reads layers once, one after the other, and only for their contents", async () => {
  const before = layers.map(({ opened }) => opened.tar);
  const started: number[] = [];
  await readWith(archive.open({ onLayer: (index) => started.push(index) }), 1 << 20);
  assert.deepEqual(started, [0, 1]);
  assert.deepEqual(layers.map(({ opened }, index) => opened.tar - before[index]!), [1, 1, 0]);
});

/** The lower layer as `open` gives it. */
function replaced(open: Layer["open"]): Layer[] {
  return [{ ...layers[0]!, open }, ...layers.slice(1)];
}

Deno.test("rootArchive() fails where a layer fails, be it behind the last content", async () => {
  const damaged = replaced(() => {
    let at = 0;
    return new ReadableStream({
      type: "bytes",
      pull(controller) {
        // All bytes are there: it is the digest that is wrong.
        if (at === lowerTar!.length) throw new ImageError("damaged");
        controller.enqueue(lowerTar!.slice(at, at = Math.min(at + 100_000, lowerTar!.length)));
      },
    });
  });
  const reading = readWith(rootArchive(root, damaged).open(), 1 << 20);
  await assert.rejects(reading, new ImageError("damaged"));
});

Deno.test("rootArchive() names the file where a layer ends too early", async () => {
  for (
    const [length, path] of [[600_000, "b/large"], [2_500_000, "b/large"], [100, "a"]] as const
  ) {
    const short = replaced(() => new Blob([lowerTar!.subarray(0, length)]).stream());
    await assert.rejects(readWith(rootArchive(root, short).open(), 1 << 16), (error) => {
      assert.ok(error instanceof ImageError);
      assert.ok(error.message.startsWith(`layer 1: ${path} changed while it was read`), `${error}`);
      return true;
    });
  }
});

Deno.test("rootArchive() reads no further when it is cancelled", async () => {
  let cancelled = 0, pulled = 0;
  const endless = replaced(() =>
    new ReadableStream({
      type: "bytes",
      pull(controller) {
        pulled++;
        controller.enqueue(lowerTar!.slice(0, 10_000));
      },
      cancel: () => void cancelled++,
    })
  );
  const reader = rootArchive(root, endless).open().getReader({ mode: "byob" });
  await reader.read(new Uint8Array(20_000));
  await reader.cancel();
  const pulledBefore = pulled;
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual([cancelled, pulled], [1, pulledBefore]);
});
