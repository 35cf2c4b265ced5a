import assert from "node:assert/strict";
import { computeDiffId } from "../../src/layer/layer.ts";
import { type Ownership, StoreLayer } from "../../src/layer/store_layer.ts";
import type { StorePath } from "../../src/store/store_path.ts";
import { inDirectory } from "../support/directories.ts";
import { runPython } from "../support/python.ts";
import { SEED } from "../support/samples.ts";

/** What `random_trees.py` tells of a tree. */
interface RandomTree {
  readonly paths: StorePath[];
  readonly owner: Ownership;
  readonly size: number;
  readonly sha256: string;
}

const TREES = 40;

for (const [kind, seed] of [["seed 1", 1], ["seed 2", 2], ["a random seed", SEED]]) {
  Deno.test(`layers of random trees have the bytes of Python's tarfile: ${kind}`, async () => {
    await inDirectory(async (root) => {
      const args = [root, String(seed), String(TREES)];
      const trees: RandomTree[] = JSON.parse(
        new TextDecoder().decode(await runPython("random_trees.py", args)),
      );
      assert.equal(trees.length, TREES);
      for (const { paths, owner, size, sha256 } of trees) {
        const layer = new StoreLayer(paths, owner, root);
        assert.deepEqual(
          { size: await layer.tarSize(), diffId: await computeDiffId(layer) },
          { size, diffId: `sha256:${sha256}` },
          `${paths} of random_trees.py ROOT ${args.slice(1).join(" ")}`,
        );
        // The layer is opened once more without what was kept of its metadata.
        assert.equal(await computeDiffId(layer), `sha256:${sha256}`);
      }
    });
  });
}
