import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readExt4Tree } from "../../../src/vm/ext4/tree.ts";
import { assertSameBytes } from "../../support/bytes.ts";
import { inDirectory } from "../../support/directories.ts";
import { debugExt4, ext4Content, makeExt4, OURS } from "../../support/ext4_images.ts";

/** Bytes without a pattern, the same each time. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash("shake128", { outputLength: length }).update("x").digest());
}

Deno.test("readExt4Tree() reads files whose blocks are scattered", async () => {
  for (const flags of [[...OURS, "-b1024", "-N1100"], ["-text2", "-b1024", "-N1100"]]) {
    await inDirectory(async (scratch) => {
      Deno.mkdirSync(`${scratch}/source/upper`, { recursive: true });
      // Every second block becomes free again.
      const names = Array.from({ length: 1000 }, (_, index) => `file${index}`);
      for (const name of names) Deno.writeTextFileSync(`${scratch}/source/upper/${name}`, name);
      const image = `${scratch}/image`;
      await makeExt4(image, { flags, size: "1600k", source: `${scratch}/source` });
      const expected = noise(700_000);
      Deno.writeFileSync(`${scratch}/noise`, expected);
      const printed = await debugExt4(image, [
        "cd /upper",
        ...names.filter((_, index) => index % 2 === 0).map((name) => `rm ${name}`),
        `write ${scratch}/noise scattered`,
        ...flags.includes("-text2") ? [] : ["ex scattered"],
      ]);
      if (!flags.includes("-text2")) {
        assert.ok((printed.match(/^ *2\/ *2 /mg) ?? []).length > 400, "not scattered");
      }
      using tree = readExt4Tree(image, "upper");
      const found = [...tree.entries()].find(({ path }) => path === "scattered");
      assertSameBytes(ext4Content(found!), expected, flags.join(" "));
    });
  }
});

Deno.test("readExt4Tree() reads what was never written as zeros", async () => {
  await inDirectory(async (scratch) => {
    Deno.mkdirSync(`${scratch}/source/upper`, { recursive: true });
    Deno.writeTextFileSync(`${scratch}/source/upper/file`, "start");
    Deno.writeFileSync(`${scratch}/noise`, noise(8 << 20));
    const image = `${scratch}/image`;
    await makeExt4(image, {
      flags: [...OURS, "-b1024"],
      size: "10M",
      source: `${scratch}/source`,
    });
    const printed = await debugExt4(image, [
      "cd /upper",
      // What it gets has other bytes in it.
      `write ${scratch}/noise noise`,
      "rm noise",
      "fallocate file 2 5",
      "sif file size 7000",
      "ex file",
    ]);
    const [, first] = printed.match(/ 2 - +5 +(\d+) - +\d+ +4 Uninit/) ?? [];
    const block = Deno.readFileSync(image).subarray(Number(first) * 1024).subarray(0, 1024);
    assert.ok(block.some((byte) => byte !== 0), "the blocks are zeros anyway");
    const expected = new Uint8Array(7000);
    expected.set(new TextEncoder().encode("start"));
    using tree = readExt4Tree(image, "upper");
    const found = [...tree.entries()].find(({ path }) => path === "file");
    assertSameBytes(ext4Content(found!), expected, "unwritten");
  });
});
