import assert from "node:assert/strict";
import { waitForLock } from "../../src/disk/claim.ts";
import { OutputDirectory } from "../../src/disk/output_part.ts";
import { lockOf, pruneImages } from "../../src/registry/prune.ts";
import { inDirectory } from "../support/directories.ts";

/** Makes what looks like a kept image of 100 bytes, used at a time in seconds. */
function keep(directory: string, digit: string, used: number): string {
  const path = `${directory}/${digit.repeat(64)}`;
  Deno.mkdirSync(`${path}/blobs/sha256`, { recursive: true });
  Deno.writeFileSync(`${path}/blobs/sha256/a`, new Uint8Array(40));
  Deno.writeFileSync(`${path}/blobs/sha256/b`, new Uint8Array(60));
  Deno.writeTextFileSync(lockOf(path), "");
  Deno.utimeSync(path, used, used);
  return path;
}

function kept(directory: string): string {
  return [...Deno.readDirSync(directory)].map(({ name }) => name)
    .filter((name) => !name.endsWith(".lock")).map(([digit]) => digit).sort().join("");
}

Deno.test("pruneImages() removes those that were not used for longest, and no more than it must", async () => {
  await inDirectory((directory) => {
    const newest = keep(directory, "a", 1);
    for (const [digit, used] of [["b", 40], ["c", 20], ["d", 30]] as const) {
      keep(directory, digit, used);
    }
    pruneImages(directory, 400, newest);
    assert.equal(kept(directory), "abcd");
    pruneImages(directory, 399, newest);
    assert.equal(kept(directory), "abd");
    pruneImages(directory, 200, newest);
    assert.equal(kept(directory), "ab");
    pruneImages(directory, 0, newest);
    assert.equal(kept(directory), "a");
    // Their locks have gone with them.
    assert.equal([...Deno.readDirSync(directory)].length, 2);
  });
});

Deno.test("pruneImages() removes what killed programs have left, not what others are making", async () => {
  await inDirectory(async (directory) => {
    const newest = keep(directory, "a", 1);
    const [dead, alive] = ["b", "c"].map((digit) => `${directory}/${digit.repeat(64)}`);
    for (const path of [dead, alive]) Deno.writeTextFileSync(`${path}.lock`, "");
    using _making = await waitForLock(`${alive}.lock`, "alone");
    using made = new OutputDirectory(`${alive}`);
    const left = `${directory}/.${"b".repeat(40)}.${"0".repeat(16)}.nix-image-part`;
    Deno.mkdirSync(`${left}/copy`, { recursive: true });
    pruneImages(directory, 0, newest);
    const names = [...Deno.readDirSync(directory)].map(({ name }) => `${directory}/${name}`).sort();
    assert.deepEqual(names, [newest, `${newest}.lock`, `${alive}.lock`, made.path].sort());
  });
});

Deno.test("pruneImages() leaves what somebody reads", async () => {
  await inDirectory(async (directory) => {
    const [read = "", other = "", newest = ""] = ["a", "b", "c"].map((digit, index) =>
      keep(directory, digit, index + 1)
    );
    {
      using _first = await waitForLock(lockOf(read), "shared");
      using _second = await waitForLock(lockOf(read), "shared");
      pruneImages(directory, 200, newest);
      assert.equal(kept(directory), "ac");
    }
    keep(directory, "b", 2);
    assert.ok(other);
    pruneImages(directory, 200, newest);
    assert.equal(kept(directory), "bc");
  });
});

Deno.test("waitForLock() waits for who has it alone, also where that one removes it", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/lock`;
    const order: string[] = [];
    const first = await waitForLock(path, "alone");
    const others = ["shared", "shared", "alone"].map(async (kind) => {
      using _lock = await waitForLock(path, kind as "alone" | "shared");
      order.push(kind);
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(order, []);
    Deno.removeSync(path);
    first[Symbol.dispose]();
    await Promise.all(others);
    assert.equal(order.length, 3);
  });
});
