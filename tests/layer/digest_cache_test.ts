import assert from "node:assert/strict";
import { DigestCache } from "../../src/layer/digest_cache.ts";
import { inDirectory } from "../support/directories.ts";

const KEY = "0123456789abcdef".repeat(4);
const OTHER = KEY.replaceAll("0", "f");
const FOUND = { digest: `sha256:${"ab".repeat(32)}`, size: 10240 };

Deno.test("digests are kept for a layer and a form, from one cache to the next", async () => {
  await inDirectory(async (directory) => {
    const place = `${directory}/not/there/yet`;
    assert.equal(await new DigestCache(place).get(KEY), undefined);
    await new DigestCache(place).put(KEY, FOUND);
    const zipped = { ...FOUND, size: 7, diffId: `sha256:${"cd".repeat(32)}` };
    await new DigestCache(place).put(KEY, zipped, "gzip-6");
    const cache = new DigestCache(place);
    assert.deepEqual(await cache.get(KEY), FOUND);
    assert.deepEqual(await cache.get(KEY, "gzip-6"), zipped);
    assert.equal(await cache.get(OTHER), undefined);
    assert.equal(await cache.get(KEY, "gzip-9"), undefined);
    await cache.remove(KEY);
    assert.equal(await cache.get(KEY), undefined);
    assert.deepEqual(await cache.get(KEY, "gzip-6"), zipped);
  });
});

Deno.test("a damaged file counts as missing, whichever byte it is, and is replaced", async () => {
  await inDirectory(async (directory) => {
    const cache = new DigestCache(directory);
    await cache.put(KEY, FOUND);
    const [entry] = [...Deno.readDirSync(directory)];
    const file = `${directory}/${entry?.name}`;
    const bytes = Deno.readFileSync(file);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      Deno.writeFileSync(file, damaged);
      assert.equal(await cache.get(KEY), undefined, `byte ${at}`);
      Deno.writeFileSync(file, bytes.subarray(0, at));
      assert.equal(await cache.get(KEY), undefined, `cut at ${at}`);
    }
    Deno.writeFileSync(file, new Uint8Array([...bytes, 10]));
    assert.equal(await cache.get(KEY), undefined);
    await cache.put(KEY, FOUND);
    assert.deepEqual(await cache.get(KEY), FOUND);
  });
});

Deno.test("what was kept for one layer is not taken for another", async () => {
  await inDirectory(async (directory) => {
    const cache = new DigestCache(directory);
    await cache.put(KEY, FOUND);
    Deno.copyFileSync(`${directory}/${KEY}.tar`, `${directory}/${OTHER}.tar`);
    assert.equal(await cache.get(OTHER), undefined);
  });
});

Deno.test("several write and read at once, and each reads all of what one wrote, or nothing", async () => {
  await inDirectory(async (directory) => {
    const digests = Array.from({ length: 40 }, (_, size) => ({ ...FOUND, size }));
    const seen = await Promise.all(digests.map(async (found) => {
      const cache = new DigestCache(directory);
      const before = await cache.get(KEY);
      await cache.put(KEY, found);
      return [before?.size ?? 0, (await cache.get(KEY))?.size];
    }));
    for (const [before, after] of seen) {
      assert.ok(digests.some(({ size }) => size === before));
      assert.ok(digests.some(({ size }) => size === after));
    }
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), [`${KEY}.tar`]);
  });
});

Deno.test("a directory that can not be made is no error", async () => {
  await inDirectory(async (directory) => {
    Deno.writeTextFileSync(`${directory}/file`, "");
    const cache = new DigestCache(`${directory}/file/digests`);
    await cache.put(KEY, FOUND);
    assert.equal(await cache.get(KEY), undefined);
  });
});
