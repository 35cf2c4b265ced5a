import assert from "node:assert/strict";
import { symlinkFarm } from "../../src/rootfs/symlink_farm.ts";
import type { RootSource } from "../../src/spec/image_spec.ts";
import { inDirectory, makeFiles, output } from "../support/directories.ts";
import { described } from "../support/entry_content.ts";
import { probeFarm } from "../support/farm_probe.ts";
import { storePath } from "../support/store_paths.ts";
import { makeTar } from "../support/tars.ts";

const OWNER = { uid: 1, gid: 2 };
const A = storePath("a", "a");

const directory = (path: string): RootSource => ({ kind: "directory", path });

Deno.test("symlinkFarm() copies what is in a directory outside of the store", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      "d/bin/f": "content",
      "d/bin/g~": "lndir's rules are for store paths",
      "d/.git/x": "",
      "d/l": "-> ../../elsewhere",
      "d/empty": null,
      "link": "-> d",
    });
    for (const [name, mode] of [["bin/f", 0o4711], ["bin", 0o2700], [".git/x", 0o400]] as const) {
      Deno.chmodSync(`${root}/d/${name}`, mode);
    }
    await output("mkfifo", "-m", "640", `${root}/d/fifo`);
    for (const path of [`${root}/d`, `${root}/link`, `${root}/d/../link/`]) {
      const { tree, notices, clashes } = await symlinkFarm([directory(path)], "", OWNER);
      assert.deepEqual(await described(tree), {
        bin: "directory 755 1:2",
        "bin/f": "file 4711 1:2 content",
        "bin/g~": "file 644 1:2 lndir's rules are for store paths",
        ".git": "directory 755 1:2",
        ".git/x": "file 400 1:2 ",
        l: "symlink 777 1:2 -> ../../elsewhere",
        empty: "directory 755 1:2",
        fifo: "fifo 640 1:2",
      });
      assert.deepEqual([...notices, ...clashes], []);
    }
  });
});

Deno.test("symlinkFarm() refuses sockets and what is no directory", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, { "d/f": "", "d/loop": "-> loop" });
    const refused = (name: string, message: string) =>
      assert.rejects(symlinkFarm([directory(`${root}/${name}`)], "", OWNER), {
        name: "ImageError",
        message: `${root}/${message}`,
      });
    await refused("d/f", "d/f is no directory");
    await refused(
      "gone",
      "gone is not there: it was removed, or never made on this host",
    );
    const listener = Deno.listen({ transport: "unix", path: `${root}/d/socket` });
    await refused("d", "d/socket is a socket, which an image takes from no directory: remove it");
    listener.close();
  });
});

Deno.test("symlinkFarm() names files and directories that it may not read", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, { "d/f": "x", "e/sub/f": "" });
    Deno.chmodSync(`${root}/d/f`, 0o200);
    Deno.chmodSync(`${root}/e/sub`, 0o300);
    const refused = (path: string) => new RegExp(`^ImageError: Cannot read ${path}: `);
    assert.match(await probeFarm("directory", `${root}/d`), refused(`${root}/d/f`));
    assert.match(await probeFarm("directory", `${root}/e`), refused(`${root}/e/sub`));
  });
});

Deno.test("symlinkFarm() joins sources of all kinds; the first one wins", async () => {
  await inDirectory(async (root) => {
    makeFiles(root, {
      [`${A}/bin/f`]: "store",
      [`${A}/bin/g`]: "store",
      [`${A}/same`]: "-> target",
      "d/bin/f": "directory",
      "d/bin/h": "directory",
      "d/same": "-> target",
      "d/t/x": "hidden",
      "d/t/y": "hidden",
    });
    const tarball = `${root}/a.tar`;
    Deno.writeFileSync(
      tarball,
      await makeTar(
        { name: "bin", type: "directory", mode: 0o700 },
        { name: "bin/f", content: "tarball", uid: 5 },
        { name: "bin/i", content: "tarball", uid: 5 },
        { name: "t", content: "tarball" },
      ),
    );
    const store: RootSource = { kind: "store", path: A };
    const tar: RootSource = { kind: "tarball", path: tarball };
    const sources = [store, tar, directory(`${root}/d`), tar];
    const { tree, clashes, close } = await symlinkFarm(sources, root, OWNER);
    assert.deepEqual(await described(tree), {
      bin: "directory 755 1:2",
      "bin/f": `symlink 777 1:2 -> ${A}/bin/f`,
      "bin/g": `symlink 777 1:2 -> ${A}/bin/g`,
      same: "symlink 777 1:2 -> target",
      "bin/i": "file 644 5:0 tarball",
      t: "file 644 0:0 tarball",
      "bin/h": "file 644 1:2 directory",
    });
    assert.deepEqual(
      clashes.toSorted(),
      [
        `${root}/d/bin/f is hidden by ${A}/bin/f`,
        `${root}/d/t is hidden by ${tarball}: t`,
        `${tarball}: bin/f is hidden by ${A}/bin/f`,
        `${tarball}: bin/f is hidden by ${A}/bin/f`,
      ].toSorted(),
    );
    await close?.();
  });
});
