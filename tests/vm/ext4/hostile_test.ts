import assert from "node:assert/strict";
import { ImageError } from "../../../src/errors.ts";
import { readExt4Tree } from "../../../src/vm/ext4/tree.ts";
import { inDirectory, makeFiles } from "../../support/directories.ts";
import { debugExt4, ext4Content, makeExt4, OURS } from "../../support/ext4_images.ts";

const SMALL = [...OURS, "-b1024"];
const EXT2 = ["-text2", "-b1024"];

/** Headers of extents as words: of one or two extents, and of one node of extents. */
const ONE_EXTENT = ["0x0001f30a", "0x00000004", "0"];
const TWO_EXTENTS = ["0x0002f30a", "0x00000004", "0"];
const ONE_NODE = ["0x0001f30a", "0x00010004", "0"];

/** What debugfs calls the last words. */
const LAST_WORDS = ["IND", "DIND", "TIND"];

/**
 * Makes a small image, changes it by commands of debugfs, and reads all of it.
 *
 * @param commands or what gives them for the number of the block that /upper/dir has
 */
async function readAfter(
  flags: readonly string[],
  commands: readonly string[] | ((block: string) => readonly string[]),
  directory = "upper",
): Promise<number> {
  let entries = 0;
  await inDirectory(async (scratch) => {
    makeFiles(`${scratch}/source/upper`, { "dir/file": "x".repeat(5000), link: "-> target" });
    const image = `${scratch}/image`;
    await makeExt4(image, { flags, size: "4M", source: `${scratch}/source` });
    if (typeof commands !== "function") await debugExt4(image, commands);
    else {
      const printed = await debugExt4(image, ["blocks /upper/dir"]);
      await debugExt4(image, commands(printed.match(/^(\d+) *$/m)![1]!));
    }
    const start = performance.now();
    try {
      using tree = readExt4Tree(image, directory);
      for (const entry of tree.entries()) {
        entries++;
        if (entry.open) ext4Content(entry, 1 << 20);
      }
    } finally {
      assert.ok(performance.now() - start < 5000, "it took too long");
    }
  });
  return entries;
}

function fields(file: string, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `sif ${file} ${name} ${value}`);
}

/** Sets the first words of what maps the blocks of a file. */
function map(file: string, words: readonly string[]): string[] {
  return words.map((word, index) =>
    `sif ${file} block[${LAST_WORDS[index - 12] ?? index}] ${word}`
  );
}

Deno.test("readExt4Tree() reads what the other tests of this file damage", async () => {
  assert.equal(await readAfter(SMALL, []), 4);
  assert.equal(await readAfter(EXT2, []), 4);
  assert.equal(await readAfter(SMALL, [], "/upper/dir/"), 2);
});

Deno.test("readExt4Tree() refuses file systems that it can't read", async () => {
  const cases: [flags: readonly string[], commands: readonly string[], message: RegExp][] = [
    [SMALL, ["ssv state 0"], /did not unmount it/],
    [SMALL, ["ssv state 3"], /did not unmount it/],
    [["-text4"], ["feature needs_recovery"], /did not unmount it/],
    [["-text4", "-Oinline_data"], [], /inline_data/],
    [["-text4", "-Oencrypt"], [], /features that are not known here: 0x10000$/],
    [["-text4", "-Ometa_bg,^resize_inode"], [], /features that are not known here: 0x10$/],
    [["-text4", "-Oea_inode"], [], /features that are not known here: 0x400$/],
    [SMALL, ["ssv log_block_size 3"], /blocks have more than 4096 bytes/],
    [SMALL, ["ssv log_block_size 4000000000"], /blocks have more than 4096 bytes/],
    [SMALL, ["ssv blocks_count 4097"], /4097 blocks of 1024 bytes/],
    [SMALL, ["ssv inodes_per_group 0"], /superblock is wrong/],
    [SMALL, ["ssv inode_size 100"], /superblock is wrong/],
    [SMALL, ["ssv first_data_block 0"], /superblock is wrong/],
  ];
  for (const [flags, commands, message] of cases) {
    await assert.rejects(readAfter(flags, commands), isImageError(message), `${message}`);
  }
});

Deno.test("readExt4Tree() names what is not there", async () => {
  await assert.rejects(readAfter(SMALL, [], "lower"), isImageError(/it has no lower$/));
  await assert.rejects(
    readAfter(SMALL, [], "upper/no/way"),
    isImageError(/has no upper\/no\/way$/),
  );
  await assert.rejects(readAfter(SMALL, [], "upper/link"), isImageError(/link is no directory/));
  await inDirectory((scratch) => {
    assert.throws(() => readExt4Tree(`${scratch}/none`, ""), isImageError(/none is not there/));
    assert.throws(() => readExt4Tree(scratch, ""), isImageError(/Cannot read/));
    Deno.writeTextFileSync(`${scratch}/text`, "text");
    assert.throws(() => readExt4Tree(`${scratch}/text`, ""), isImageError(/there is none/));
  });
});

Deno.test("readExt4Tree() refuses trees that do not end", async () => {
  const cases: [flags: readonly string[], commands: readonly string[], message: RegExp][] = [
    [SMALL, ["ln /upper /upper/dir/up"], /is in two directories/],
    [SMALL, ["ln / /upper/dir/up"], /is in two directories/],
    [SMALL, ["ln /upper/dir /upper/again"], /is in two directories/],
    [SMALL, nested(20), /path of 4[0-9]{3} characters/],
  ];
  for (const [flags, commands, message] of cases) {
    await assert.rejects(readAfter(flags, commands), isImageError(message), `${message}`);
  }
});

/** Directories with the longest names in each other. */
function nested(depth: number): string[] {
  const name = "n".repeat(255);
  return Array(depth).fill([`mkdir ${name}`, `cd ${name}`]).flat().toSpliced(0, 0, "cd /upper");
}

Deno.test("readExt4Tree() refuses inodes that make no sense", async () => {
  const file = "/upper/dir/file";
  const cases: [flags: readonly string[], commands: readonly string[], message: RegExp][] = [
    [SMALL, [`clri ${file}`], /is not in use/],
    [SMALL, fields(file, { mode: "0" }), /is not in use/],
    [SMALL, fields(file, { mode: "0150644" }), /has the mode 0150644/],
    [SMALL, fields(file, { flags: "0x10000000" }), /has flags 0x10000000/],
    [SMALL, fields(file, { size: "0x7fffffffffffffff" }), /bytes$/],
    [SMALL, fields(file, { extra_isize: "200" }), /longer than inodes are/],
    [SMALL, map(file, ["0"]), /the extents of inode \d+ are wrong/],
    [SMALL, map(file, ["0x0005f30a"]), /the extents of inode \d+ are wrong/],
    [SMALL, map(file, ["0x0001f30a", "0x00060004"]), /the extents of inode \d+ are wrong/],
    // An extent of no blocks, one past the end, one of 4 billion, one on the superblock.
    [SMALL, map(file, [...ONE_EXTENT, "0", "0", "2000"]), /the extents of inode \d+ are wrong/],
    [SMALL, map(file, [...ONE_EXTENT, "0", "5", "4095"]), /no blocks 4095 to 4099/],
    [SMALL, map(file, [...ONE_EXTENT, "0", "0xffff0005", "2000"]), /no blocks 281470681745360 to/],
    [SMALL, map(file, [...ONE_EXTENT, "0", "5", "1"]), /no blocks 1 to 5/],
    // Two extents of the same blocks of the file.
    [
      SMALL,
      map(file, [...TWO_EXTENTS, "0", "2", "2000", "1", "4", "2000"]),
      /the extents of inode \d+ are wrong/,
    ],
    // A node that is not one, and one that is nowhere.
    [SMALL, map(file, [...ONE_NODE, "0", "2000", "0"]), /the extents of inode \d+ are wrong/],
    [SMALL, map(file, [...ONE_NODE, "0", "5000", "0"]), /no blocks 5000 to 5000/],
    [EXT2, map(file, ["5000"]), /no blocks 5000 to 5000/],
    [EXT2, map(file, ["4294967295"]), /no blocks 4294967295 to/],
    [SMALL, fields("/upper/link", { size: "0" }), /the link of inode \d+ has 0 bytes/],
    [SMALL, fields("/upper/link", { size: "5000" }), /the link of inode \d+ has 5000 bytes/],
    [SMALL, fields("/upper/link", { size: "40" }), /has a zero byte/],
    [SMALL, fields(file, { file_acl: "2000" }), /the attributes of inode \d+ are wrong/],
    [SMALL, fields(file, { file_acl: "9000000" }), /no blocks 9000000 to/],
  ];
  for (const [flags, commands, message] of cases) {
    await assert.rejects(readAfter(flags, commands), isImageError(message), `${commands}`);
  }
});

Deno.test("readExt4Tree() refuses directories that have a block in many places", async () => {
  const size = fields("/upper/dir", { size: "0xfffffc00" });
  // They have the only block that they had, four million times.
  const direct = (block: string) => [...size, ...map("/upper/dir", Array(15).fill(block))];
  await assert.rejects(readAfter(EXT2, direct), isImageError(/in two places of directories/));
  const extents = (block: string) => [
    ...size,
    ...map("/upper/dir", [...TWO_EXTENTS, "0", "1", block, "1", "1", block]),
  ];
  await assert.rejects(readAfter(SMALL, extents), isImageError(/in two places of directories/));
  // Holes are odd, and hold nothing.
  assert.equal(await readAfter(SMALL, size), 4);
});

Deno.test("readExt4Tree() reads a file of 4 TiB without blocks as far as one wants", async () => {
  assert.equal(await readAfter(SMALL, fields("/upper/dir/file", { size: "0x3ffffffffff" })), 4);
});

function isImageError(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ImageError, String(error));
    assert.match(error.message, message);
    return true;
  };
}
