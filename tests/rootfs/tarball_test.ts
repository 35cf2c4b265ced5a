import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ImageError } from "../../src/errors.ts";
import { symlinkFarm } from "../../src/rootfs/symlink_farm.ts";
import { inDirectory, output } from "../support/directories.ts";
import { described } from "../support/entry_content.ts";
import { probeFarm } from "../support/farm_probe.ts";
import { makeTar, type TarRecipeMember } from "../support/tars.ts";

const OWNER = { uid: 1, gid: 2 };

/** The farm of one tarball, with the content of its files. */
async function treeOf(bytes: Uint8Array): Promise<Record<string, string>> {
  let found: Record<string, string> = {};
  await inDirectory(async (directory) => {
    const path = `${directory}/a.tar`;
    Deno.writeFileSync(path, bytes);
    try {
      const { tree, close } = await symlinkFarm([{ kind: "tarball", path }], "", OWNER);
      found = await described(tree);
      await close?.();
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replace(directory, "");
      throw error;
    }
  });
  return found;
}

const MEMBERS: TarRecipeMember[] = [
  { name: "./", type: "directory", mode: 0o700 },
  { name: "./dir", type: "directory", mode: 0o2750, uid: 1000, gid: 100 },
  { name: "./dir/f", content: "content", mode: 0o4711, uid: 1000, gid: 100 },
  { name: "hard", type: "link", linkname: "./dir/f" },
  { name: "/opt//a/./b", content: "b" },
  { name: "l", type: "symlink", linkname: "../../etc/passwd" },
  { name: "l2", type: "link", linkname: "l" },
  { name: "null", type: "character", mode: 0o666, device: [1, 3] },
  { name: "loop", type: "block", device: [7, 0] },
  { name: "fifo", type: "fifo", mode: 0o600 },
  { name: "dev/.wh.gone", content: "" },
  { name: "caf\udce9", content: "wild" },
];

const TREE = {
  dir: "directory 2750 1000:100",
  "dir/f": "file 4711 1000:100 content",
  hard: "file 4711 1000:100 content",
  opt: "directory 755 1:2",
  "opt/a": "directory 755 1:2",
  "opt/a/b": "file 644 0:0 b",
  l: "symlink 777 0:0 -> ../../etc/passwd",
  l2: "symlink 777 0:0 -> ../../etc/passwd",
  null: "character 666 0:0 1:3",
  loop: "block 644 0:0 7:0",
  fifo: "fifo 600 0:0",
  dev: "directory 755 1:2",
  "dev/.wh.gone": "file 644 0:0 ",
  "caf\udce9": "file 644 0:0 wild",
};

Deno.test("a tarball's members keep their modes, owners and content", async () => {
  assert.deepEqual(await treeOf(await makeTar(...MEMBERS)), TREE);
});

/** What a program that reads a file and compresses it to standard output makes of `bytes`. */
async function compressedBy(program: string, bytes: Uint8Array): Promise<Uint8Array> {
  let compressed = new Uint8Array();
  await inDirectory(async (directory) => {
    Deno.writeFileSync(`${directory}/plain`, bytes);
    compressed = await output(program, "--stdout", "--quiet", `${directory}/plain`);
  });
  return compressed;
}

Deno.test("a tarball may be compressed, in several parts too", async () => {
  const tar = await makeTar(...MEMBERS, { name: "large", content: "x".repeat(3_000_000) });
  const tree = { ...TREE, large: `file 644 0:0 ${"x".repeat(3_000_000)}` };
  for (const program of ["gzip", "zstd", "xz", "bzip2"]) {
    assert.deepEqual(await treeOf(await compressedBy(program, tar)), tree);
    const parts = [tar.subarray(0, 1000), tar.subarray(1000)];
    const compressed = await Promise.all(parts.map((part) => compressedBy(program, part)));
    assert.deepEqual(await treeOf(await new Blob(compressed as BlobPart[]).bytes()), tree);
  }
});

Deno.test("a tar whose first member is called as bzip2 files begin is no bzip2 file", async () => {
  const tar = await makeTar({ name: "BZh91", content: "1" });
  assert.deepEqual(await treeOf(tar), { BZh91: "file 644 0:0 1" });
});

Deno.test("a compressed tarball leaves no temporary file", async () => {
  const tar = gzipSync(await makeTar(...MEMBERS));
  await inDirectory(async (directory) => {
    Deno.writeFileSync(`${directory}/a.tar.gz`, tar);
    const temporary = `${directory}/tmp`;
    Deno.mkdirSync(temporary);
    const env = { TMPDIR: temporary };
    assert.equal(await probeFarm("tarball", `${directory}/a.tar.gz`, env), "14 entries");
    assert.deepEqual([...Deno.readDirSync(temporary)], []);
    assert.match(
      await probeFarm("tarball", `${directory}/a.tar.gz`, { TMPDIR: `${temporary}/none` }),
      /^ImageError: Cannot write a temporary file: .*; TMPDIR names the directory for it$/,
    );
  });
});

Deno.test("of a tarball's members with one name the last counts", async () => {
  const tar = await makeTar(
    { name: "a", content: "1" },
    { name: "d", type: "directory", mode: 0o700 },
    { name: "d/f", content: "1" },
    { name: "hard", type: "link", linkname: "a" },
    { name: "a", content: "22", mode: 0o600 },
    { name: "d", type: "directory", mode: 0o711 },
    { name: "e", type: "directory" },
    { name: "e", type: "symlink", linkname: "d" },
  );
  assert.deepEqual(await treeOf(tar), {
    a: "file 600 0:0 22",
    d: "directory 711 0:0",
    "d/f": "file 644 0:0 1",
    hard: "file 644 0:0 1",
    e: "symlink 777 0:0 -> d",
  });
});

const REFUSED: [what: string, members: TarRecipeMember[], message: string][] = [
  [
    "a name with ..",
    [{ name: "a/../../b" }],
    'a/../../b leads out of the archive by way of "a/../../b"',
  ],
  [
    "a link with ..",
    [{ name: "a", type: "link", linkname: "../b" }],
    'a leads out of the archive by way of "../b"',
  ],
  [
    "a link to nothing",
    [{ name: "a", type: "link", linkname: "/etc/passwd" }],
    'a is a link to "/etc/passwd", no file before it',
  ],
  [
    "what lies below a symlink",
    [{ name: "a", type: "symlink", linkname: "/etc" }, { name: "a/b/c" }],
    "a/b/c lies below a, which is a symlink",
  ],
  ["what lies below a file", [{ name: "a" }, { name: "a/b" }], "a/b lies below a, which is a file"],
  [
    "a file in the place of a full directory",
    [{ name: "a/b" }, { name: "a" }],
    "a takes the place of a full directory",
  ],
  ["a file as the root", [{ name: "./." }], "./. takes the place of the root directory"],
];

for (const [what, members, message] of REFUSED) {
  Deno.test(`a tarball is refused for ${what}`, async () => {
    await assert.rejects(treeOf(await makeTar(...members)), {
      name: "ImageError",
      message: `/a.tar: ${message}`,
    });
  });
}

Deno.test("a tarball is refused if it can't be decompressed", async () => {
  const tar = await makeTar({ name: "a", content: "a".repeat(1000) });
  const refused = async (bytes: Uint8Array, message: RegExp) =>
    await assert.rejects(treeOf(bytes), (error) => {
      assert.ok(error instanceof ImageError);
      assert.match(error.message, message);
      return true;
    });
  const gzip = await compressedBy("gzip", tar);
  await refused(gzip.subarray(0, gzip.length - 9), /^Cannot decompress \/a.tar: /);
  gzip[gzip.length - 6]! ^= 1; // of the checksum
  await refused(gzip, /^Cannot decompress \/a.tar: /);
  for (const program of ["zstd", "xz", "bzip2"]) {
    const compressed = await compressedBy(program, tar);
    const message = new RegExp(`^Cannot decompress /a.tar: ${program} .* failed \\(exit status`);
    await refused(compressed.subarray(0, compressed.length - 9), message);
  }
  await refused(gzipSync("no archive"), /^\/a.tar: not a tar archive, or a broken one: /);
  await assert.rejects(symlinkFarm([{ kind: "tarball", path: "/gone.tar" }], "", OWNER), {
    message: "/gone.tar is not there: it was removed, or never made on this host",
  });
});
