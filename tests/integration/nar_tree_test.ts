import assert from "node:assert/strict";
import { type Ownership, StoreLayer } from "../../src/layer/store_layer.ts";
import { NarTree } from "../../src/store/nar_tree.ts";
import { inDirectory, makeFiles, output } from "../support/directories.ts";
import { storePath } from "../support/store_paths.ts";

const OWNER: Ownership = { uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1 };
const TREE = storePath("bytes");

/** Makes a store path with a file whose name is not UTF-8: `caf` and the byte E9. */
async function withTree(use: (root: string, wild: string) => Promise<void>): Promise<void> {
  await inDirectory(async (root) => {
    makeFiles(root + TREE, { "a": "a", "z": "z".repeat(100) });
    await output(
      "sh",
      "-c",
      `head -c 3000000 /dev/zero > "$0/$(printf 'caf\\351')"`,
      root + TREE,
    );
    await use(root, `${TREE}/caf\udce9`);
  });
}

Deno.test("NarTree shows names that are not UTF-8", async () => {
  await withTree(async (root, wild) => {
    assert.deepEqual(
      (await NarTree.list(TREE, root)).entries.map(({ path, size }) => [path, size]),
      [[TREE, 0], [`${TREE}/a`, 1], [wild, 3_000_000], [`${TREE}/z`, 100]],
    );
  });
});

/** The test runner notices a program or a pipe that is left behind. */
const LEAVES_NOTHING = { sanitizeOps: true, sanitizeResources: true };

Deno.test(
  "a layer that is cancelled while it reads a NAR ends nix-store",
  LEAVES_NOTHING,
  async () => {
    await withTree(async (root) => {
      for (const pending of [false, true]) {
        const reader = new StoreLayer([TREE], OWNER, root).open().getReader();
        for (let i = 0; i < 3; i++) await reader.read();
        const reading = pending ? reader.read() : undefined;
        await reader.cancel();
        await reading;
      }
    });
  },
);

Deno.test("a layer that fails while it reads a NAR ends nix-store", LEAVES_NOTHING, async () => {
  await withTree(async (root) => {
    const layer = new StoreLayer([TREE], OWNER, root);
    await layer.tarSize();
    await Deno.writeTextFile(`${root}${TREE}/z`, "short");
    await assert.rejects(new Response(layer.open()).bytes(), {
      name: "ImageError",
      message: `${root}${TREE}/z changed while it was read: expected 100 bytes, found 5`,
    });
  });
});

Deno.test(
  "a file without a UTF-8 name that changed or went away is named",
  LEAVES_NOTHING,
  async () => {
    const changes: [command: string, what: string][] = [
      [`rm "$0"/caf*`, "went away"],
      [`for f in "$0"/caf*; do echo short > "$f"; done`, "changed"],
      [`for f in "$0"/caf*; do rm "$f"; mkdir "$f"; done`, "changed"],
    ];
    for (const [command, what] of changes) {
      await withTree(async (root, wild) => {
        const layer = new StoreLayer([TREE], OWNER, root);
        await layer.tarSize();
        await output("sh", "-c", command, root + TREE);
        await assert.rejects(new Response(layer.open()).bytes(), {
          name: "ImageError",
          message: `${wild} ${what} while its store path was read`,
        });
      });
    }
  },
);

Deno.test("a store path that went away is reported with what nix-store says", async () => {
  await withTree(async (root) => {
    const layer = new StoreLayer([TREE], OWNER, root);
    await layer.tarSize();
    await output("rm", `${root}${TREE}/a`);
    await output("mv", root + TREE, `${root}/elsewhere`);
    await assert.rejects(new Response(layer.open()).bytes(), {
      name: "ImageError",
      message: `${root}${TREE}/a is not there: it was removed, or never made on this host`,
    });
  });
});
