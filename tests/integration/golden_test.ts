import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { StoreLayer } from "../../src/layer/store_layer.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { inDirectory, output } from "../support/directories.ts";
import golden from "../golden/expected.json" with { type: "json" };

/** Digest and size of what a layer of these store paths is. */
async function archive(vector: typeof golden[number], root: string) {
  const layer = new StoreLayer(vector.paths as StorePath[], vector, root);
  const announced = await layer.tarSize();
  const hash = createHash("sha256");
  const reader = layer.open().getReader({ mode: "byob" });
  let size = 0;
  for (let buffer = new ArrayBuffer(1 << 20);;) {
    const { value, done } = await reader.read(new Uint8Array(buffer));
    if (done) return { announced, size, sha256: hash.digest("hex") };
    hash.update(value);
    size += value.length;
    buffer = value.buffer;
  }
}

Deno.test("layers have the bytes of nixpkgs' golden vectors", async (t) => {
  // In memory the 9 GiB of the file that is one hole are read several times as fast.
  await inDirectory(async (root) => {
    const maker = new URL("../golden/make-trees", import.meta.url).pathname;
    await output("/usr/bin/python3", maker, root, "--huge");
    for (const vector of golden) {
      await t.step(vector.name, async () => {
        const { size, sha256 } = vector;
        assert.deepEqual(await archive(vector, root), { announced: size, size, sha256 });
      });
    }
  }, "/dev/shm");
});
