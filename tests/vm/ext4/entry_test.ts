import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Ext4Entry } from "../../../src/vm/ext4/entry.ts";
import { readExt4Tree } from "../../../src/vm/ext4/tree.ts";
import { inDirectory, makeFiles } from "../../support/directories.ts";
import { debugExt4, makeExt4, OURS } from "../../support/ext4_images.ts";

/** Runs commands of debugfs on an image with `files` in /upper, and returns what is there then. */
async function entriesAfter(
  scratch: string,
  flags: readonly string[],
  files: Readonly<Record<string, string | null>>,
  commands: readonly string[],
): Promise<Map<string, Ext4Entry>> {
  makeFiles(`${scratch}/source`, { upper: null });
  makeFiles(`${scratch}/source/upper`, files);
  const image = `${scratch}/image`;
  await makeExt4(image, { flags, size: "16M", source: `${scratch}/source` });
  await debugExt4(image, ["cd /upper", ...commands]);
  using tree = readExt4Tree(image, "upper");
  return new Map([...tree.entries()].map((entry) => [entry.path, entry]));
}

/** struct posix_acl_xattr_header and entries: user rw, user 1000 r, group r, mask r, others none. */
const ACL = "02000000" + "01000600ffffffff" + "02000400e8030000" + "04000400ffffffff" +
  "10000400ffffffff" + "20000000ffffffff";

Deno.test("readExt4Tree() gives owners, times and types in all their bits", async () => {
  await inDirectory(async (scratch) => {
    const entries = await entriesAfter(scratch, OURS, { file: "x", dir: null, late: "x" }, [
      "sif file uid 100001",
      "sif file gid 4000000000",
      "sif dir mode 042755",
      "sif dir uid 65535",
      "sif dir gid 65536",
      "sif late mtime @3000000000",
      "sif late mtime_extra 1",
      "mknod pipe p",
      "mknod socket p",
      "sif socket mode 0140755",
      "ln file link",
      "sif file links_count 2",
    ]);
    const file = entries.get("file")!;
    assert.deepEqual([file.uid, file.gid], [100001, 4000000000]);
    assert.deepEqual([file.links, entries.get("link")?.inode], [2, file.inode]);
    const { mode, uid, gid, type, size } = entries.get("dir")!;
    assert.deepEqual([type, mode, uid, gid, size], ["directory", 0o2755, 65535, 65536, 0]);
    assert.equal(entries.get("late")?.mtime, 3000000000);
    assert.equal(entries.get("pipe")?.type, "fifo");
    assert.equal(entries.get("socket")?.type, "socket");
  });
});

Deno.test("readExt4Tree() gives the numbers of devices in both encodings", async () => {
  await inDirectory(async (scratch) => {
    const entries = await entriesAfter(scratch, OURS, {}, [
      "mknod null c 1 3",
      "mknod loop b 7 255",
      "mknod gone c 0 0",
      // debugfs knows no larger ones; this is what the kernel's new_encode_dev makes of 259, 70000.
      "mknod large b 1 1",
      "sif large block[0] 0",
      "sif large block[1] 0x11110370",
    ]);
    const devices = [...entries.values()].filter(({ device }) => device)
      .map(({ path, type, device }) => `${path} ${type} ${device?.major}:${device?.minor}`);
    assert.deepEqual(devices, [
      "gone character 0:0",
      "large block 259:70000",
      "loop block 7:255",
      "null character 1:3",
    ]);
  });
});

Deno.test("readExt4Tree() gives extended attributes of inodes and blocks", async () => {
  for (const flags of [[...OURS, "-b4096"], ["-text2", "-I128", "-b4096"]]) {
    await inDirectory(async (scratch) => {
      const capability = "0100000200200000000000000000000000000000";
      Deno.writeFileSync(`${scratch}/acl`, Buffer.from(ACL, "hex"));
      Deno.writeFileSync(`${scratch}/capability`, Buffer.from(capability, "hex"));
      Deno.writeTextFileSync(`${scratch}/large`, "v".repeat(3000));
      const files = { file: "x", plain: "x", dir: null, link: "-> target" };
      const entries = await entriesAfter(scratch, flags, files, [
        "ea_set . trusted.overlay.opaque y",
        "ea_set file user.z last",
        `ea_set -f ${scratch}/large file trusted.large`,
        `ea_set -f ${scratch}/capability file security.capability`,
        `ea_set -f ${scratch}/acl file system.posix_acl_access`,
        "ea_set file user.b x",
        "ea_set file user.a one",
        `ea_set -f ${scratch}/acl dir system.posix_acl_default`,
        "ea_set link trusted.x y",
      ]);
      const found = [...entries.values()].map((
        { path, xattrs },
      ) => [
        path,
        [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString("latin1")]),
      ]);
      const acl = Buffer.from(ACL, "hex").toString("latin1");
      assert.deepEqual(found, [
        ["", [["trusted.overlay.opaque", "y"]]],
        ["dir", [["system.posix_acl_default", acl]]],
        ["file", [
          ["security.capability", Buffer.from(capability, "hex").toString("latin1")],
          ["system.posix_acl_access", acl],
          ["trusted.large", "v".repeat(3000)],
          ["user.a", "one"],
          ["user.b", "x"],
          ["user.z", "last"],
        ]],
        ["link", [["trusted.x", "y"]]],
        ["plain", []],
      ]);
      assert.equal(entries.get("link")?.target, "target");
    });
  }
});
