import assert from "node:assert/strict";
import { symlinkFarm } from "../../src/rootfs/symlink_farm.ts";
import { inDirectory, makeFiles, output } from "../support/directories.ts";
import { described } from "../support/entry_content.ts";

const OWNER = { uid: 1, gid: 2 };

Deno.test("symlinkFarm() reads a directory with names that are not UTF-8", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, { "d/f": "plain" });
    Deno.chmodSync(`${root}/d/f`, 0o640);
    const script = `cd "$0"; w=$(printf 'caf\\351'); mkdir $w; printf wild >$w/$w
      printf x >x$w; chmod 777 x$w; ln -s $w l; ln -s to l$w`;
    await output("sh", "-c", script, `${root}/d`);
    const { tree, notices, close } = await symlinkFarm(
      [{ kind: "directory", path: `${root}/d` }],
      "",
      OWNER,
    );
    assert.deepEqual(await described(tree), {
      "caf\udce9": "directory 755 1:2",
      "caf\udce9/caf\udce9": "file 644 1:2 wild",
      f: "file 640 1:2 plain",
      l: "symlink 777 1:2 -> caf\udce9",
      "lcaf\udce9": "symlink 777 1:2 -> to",
      "xcaf\udce9": "file 755 1:2 x",
    });
    assert.deepEqual(notices, [
      `${root}/d has names that are not UTF-8: of the modes of what they name, it is kept ` +
      "only whether it may be executed",
    ]);
    await close?.();
  });
});

Deno.test("symlinkFarm() refuses a FIFO beside names that are not UTF-8", async () => {
  await inDirectory(async (root) => {
    await output("sh", "-c", `mkfifo "$0/p"; : >"$0/$(printf 'caf\\351')"`, root);
    await assert.rejects(symlinkFarm([{ kind: "directory", path: root }], "", OWNER), {
      message: /^nix-store --dump .* failed .*:\n(.*\n)*.*\/p.* has an unsupported type/,
    });
  });
});
