import assert from "node:assert/strict";
import { ImageError } from "../../src/errors.ts";
import { sha256Of } from "../../src/image/image.ts";
import { openImages } from "../../src/base/open_images.ts";
import { Scratch } from "../support/scratch.ts";
import { bytesOf, makeImages } from "../support/stored_images.ts";

const scratch = new Scratch();
Deno.test.afterAll(() => scratch[Symbol.asyncDispose]());
const cases = await makeImages(scratch.path);

const sorted = <T extends { readonly config: string }>(images: readonly T[]) =>
  images.toSorted((a, b) => a.config < b.config ? -1 : 1);

for (const { name, path, format, images } of cases) {
  Deno.test(`openImages() reads images as others store them: ${name}`, async () => {
    await using opened = await openImages(path);
    assert.equal(opened.format, format);
    assert.equal(opened.path, path);
    const found = [];
    for (const image of opened.images) {
      const contents: string[] = [];
      for (const layer of image.layers) {
        const bytes = await bytesOf(layer);
        contents.push(bytes.toBase64());
        assert.equal(await layer.tarSize(), bytes.length);
        // Again, from the start.
        assert.deepEqual(await bytesOf(layer), bytes);
        assert.equal(layer.blob === undefined, image.manifestDigest === undefined);
        if (layer.blob === undefined) continue;
        const stored = await bytesOf(layer.blob);
        assert.equal(sha256Of(stored), layer.blob.digest);
        assert.equal(stored.length, layer.blob.size);
      }
      const { config, manifest } = image.original;
      assert.equal(image.manifestDigest, manifest && sha256Of(manifest.bytes));
      found.push({
        names: image.names,
        config: image.configDigest,
        manifest: image.manifestDigest ?? null,
        platform: [image.os, image.architecture, image.variant],
        diffIds: image.layers.map(({ diffId }) => diffId),
        contents,
        document: config.toBase64(),
      });
      const document = JSON.parse(new TextDecoder().decode(config));
      assert.deepEqual(image.config, document.config ?? {});
      assert.deepEqual(image.history, document.history ?? []);
      assert.equal(image.created, document.created ?? "");
      assert.deepEqual(image.annotations, manifest && { "org.example": "yes" });
    }
    assert.deepEqual(sorted(found), sorted(images));
  });
}

Deno.test("openImages() has the images in the order in which they stand there", async () => {
  const { path, images } = cases.find(({ name }) => name === "old docker")!;
  await using opened = await openImages(path);
  assert.deepEqual(
    opened.images.map(({ configDigest }) => configDigest),
    images.map(({ config }) => config),
  );
});

Deno.test("an archive that was cut is refused, or has all that it had", async () => {
  const path = `${scratch.path}/cut`;
  for (const { path: whole, format, images } of cases) {
    if (format === "oci") continue;
    const bytes = await Deno.readFile(whole);
    for (let length = 0; length < bytes.length; length += Math.ceil(bytes.length / 40)) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      try {
        await using opened = await openImages(path);
        for (const layer of opened.images.flatMap(({ layers }) => layers)) await bytesOf(layer);
        const configs = opened.images.map(({ configDigest }) => configDigest).sort();
        assert.deepEqual(configs, images.map(({ config }) => config).sort());
      } catch (error) {
        assert.ok(error instanceof ImageError, `${whole}, ${length} bytes: ${error}`);
      }
    }
  }
});

/** What this process has open of this test's files, and of files that have no name any more. */
function openFiles(): Set<string> {
  const found = new Set<string>();
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      const isOurs = target.startsWith(scratch.path) || target.endsWith(" (deleted)");
      if (isOurs) found.add(`${name}: ${target}`);
    } catch {
      // It has just been closed.
    }
  }
  return found;
}

/** Other tests run in this process, too, and what they have open goes with time. */
async function assertNothingMore(before: Set<string>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (openFiles().isSubsetOf(before)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.deepEqual([...openFiles().difference(before)], []);
}

Deno.test("a layer says where it is, and can be left before its end", async () => {
  const before = openFiles();
  for (const name of ["old docker", "layers gzip", "layers zstd", "oci gzip", "oci "]) {
    const { path } = cases.find((each) => each.name === name)!;
    await using opened = await openImages(path);
    for (const layer of opened.images.flatMap(({ layers }) => layers)) {
      assert.match(layer.location, /^[0-9a-f]{64}(\/layer)?\.tar$|^blobs\/sha256\/[0-9a-f]{64}$/);
      const reader = layer.open().getReader();
      assert.ok((await reader.read()).value!.length > 0);
      await reader.cancel();
      // Nothing of it has been opened.
      await layer.open().cancel();
    }
  }
  await assertNothingMore(before);
});

Deno.test("nothing stays open where opening or reading fails", async () => {
  const { path } = cases.find(({ name }) => name === "oci gzip")!;
  await using opened = await openImages(path);
  const before = openFiles();
  for (const layer of opened.images[0]!.layers) {
    const blob = `${path}/${layer.location}`;
    const bytes = await Deno.readFile(blob);
    await Deno.writeFile(blob, bytes.map((byte, index) => index > 30 ? byte ^ 1 : byte));
    await assert.rejects(bytesOf(layer), { name: "ImageError" });
    await assert.rejects(bytesOf(layer.blob!), { name: "ImageError", message: /damaged/ });
    await Deno.writeFile(blob, new Uint8Array([...bytes, 0]));
    await assert.rejects(bytesOf(layer.blob!), { name: "ImageError", message: /more than/ });
    await Deno.writeFile(blob, bytes);
  }
  const cut = `${scratch.path}/cut`;
  for (const { path, format } of cases.filter(({ format }) => format !== "oci")) {
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(cut, bytes.subarray(0, Math.min(600, bytes.length / 2)));
    await assert.rejects(openImages(cut), { name: "ImageError" }, format);
  }
  await assertNothingMore(before);
});
