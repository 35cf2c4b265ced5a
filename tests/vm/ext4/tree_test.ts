import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Ext4Entry } from "../../../src/vm/ext4/entry.ts";
import { readExt4Tree } from "../../../src/vm/ext4/tree.ts";
import { inDirectory } from "../../support/directories.ts";
import { makeExt4, OURS } from "../../support/ext4_images.ts";
import { askPython } from "../../support/python.ts";

/** An entry as ext4_source.py tells of it. */
interface Expected {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size: number;
  readonly target: string;
  readonly sha256: string;
  readonly links: number;
  /** The same number for all names of a file. */
  readonly same: number;
}

const FLAGS = {
  "the flags of virtual machines": OURS,
  "blocks of 1 KiB": [...OURS, "-b1024"],
  "Debian's defaults": ["-text4", "-b4096"],
  "blocks of 2 KiB, inodes of 128 bytes, no groups of groups": [
    "-text4",
    "-b2048",
    "-I128",
    "-O^has_journal,^flex_bg",
  ],
  "ext2 with blocks of 1 KiB": ["-text2", "-b1024"],
  "ext2 with blocks of 4 KiB and file types nowhere": ["-text2", "-b4096", "-O^filetype"],
  "the first revision of ext2": ["-text2", "-r0", "-b1024"],
};

Deno.test("readExt4Tree() reads what mke2fs wrote, whatever the features", async () => {
  await inDirectory(async (scratch) => {
    Deno.mkdirSync(`${scratch}/source`);
    const source = `${scratch}/source/upper`;
    const expected = await askPython<Expected[]>("ext4_source.py", null, [source]);
    assert.ok(expected.length > 5200);
    for (const [about, flags] of Object.entries(FLAGS)) {
      const image = `${scratch}/image`;
      await makeExt4(image, { flags, size: "120M", source: `${scratch}/source` });
      using tree = readExt4Tree(image, "upper");
      const found = described([...tree.entries()], expected);
      assert.deepEqual(found.map(({ path }) => path), expected.map(({ path }) => path), about);
      for (const [index, entry] of found.entries()) assert.deepEqual(entry, expected[index], about);
      Deno.removeSync(image);
    }
  });
});

/** Entries in the oracle's terms: numbers of inodes are others, what has the same is the same. */
function described(entries: readonly Ext4Entry[], expected: readonly Expected[]): Expected[] {
  const numbers = new Map(
    entries.map(({ inode }, index) => [inode, expected[index]?.same ?? 0] as const).reverse(),
  );
  return entries.map((entry) => {
    const { path, type, mode, uid, gid, mtime, size, target, links, inode, xattrs } = entry;
    assert.equal(xattrs.size, 0, path);
    assert.equal(entry.device, undefined, path);
    const isFile = type === "file";
    return {
      path,
      type,
      mode,
      uid,
      gid,
      mtime,
      size,
      target,
      sha256: isFile ? digestOf(entry) : "",
      links: isFile ? links : 0,
      same: isFile ? numbers.get(inode)! : 0,
    };
  });
}

function digestOf({ path, open, size }: Ext4Entry): string {
  const content = open!();
  const hash = createHash("sha256");
  // No whole number of blocks, so that reading stops within them.
  const buffer = new Uint8Array(300_007);
  let total = 0;
  for (let length; (length = content.read(buffer) as number) > 0; total += length) {
    hash.update(buffer.subarray(0, length));
  }
  content.close();
  assert.equal(total, size, path);
  return hash.digest("hex");
}
